// Random graphs in every test run; tools/prove fuzz-graphs runs more of them.
#include <catch2/catch.hpp>

#include "compiler/op_table.hpp"
#include "compiler/print.hpp"
#include "tests/fuzz_checks.hpp"

using namespace vitrine;

namespace {

void check_hundred(std::uint64_t first) {
  Tally tally;
  for (std::uint64_t seed = first; seed < first + 100; ++seed) {
    CAPTURE(seed);
    REQUIRE(check_random_graph(seed, tally) == "");
  }
}

}  // namespace

// Five cases, so that ctest runs them beside each other.
TEST_CASE("random graphs 1 to 100 keep every promise") { check_hundred(1); }
TEST_CASE("random graphs 101 to 200 keep every promise") { check_hundred(101); }
TEST_CASE("random graphs 201 to 300 keep every promise") { check_hundred(201); }
TEST_CASE("random graphs 301 to 400 keep every promise") { check_hundred(301); }
TEST_CASE("random graphs 401 to 500 keep every promise") { check_hundred(401); }

TEST_CASE("500 random graphs hold every op, every type of element and every shape that is hard") {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) count_facts(random_graph(seed).graph, tally);
  for (const OpInfo* info : every_op()) {
    CAPTURE(info->doc.name);
    CHECK(tally["op " + std::string(info->doc.name)] >= 5);
  }
  for (DType dtype : every_dtype) {
    CAPTURE(name_of(dtype));
    CHECK(tally[std::string(name_of(dtype))] >= 25);
  }
  for (int rank = 0; rank <= 5; ++rank) {
    CAPTURE(rank);
    CHECK(tally["rank " + std::to_string(rank)] >= 100);
  }
  CHECK(tally["a view with strides"] >= 500 / 3);
  for (const char* fact : {"an axis of 0", "an axis of 1", "a broadcast", "a named axis", "a constant",
                           "an output that is a leaf", "an output twice", "a state with an update"}) {
    CAPTURE(fact);
    CHECK(tally[fact] >= 50);
  }
}

TEST_CASE("a random graph is a function of its seed, and has at most 40 nodes") {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    const RandomGraph made = random_graph(seed);
    CAPTURE(seed);
    REQUIRE(made.graph.topological().size() <= 40);
    if (seed % 50 != 0) continue;
    const RandomGraph again = random_graph(seed);
    CHECK(print(made.graph) == print(again.graph));
    CHECK(made.leaves == again.leaves);
  }
}
