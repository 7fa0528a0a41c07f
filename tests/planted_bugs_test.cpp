// Every planted bug is caught by the certificate, which names the guilty stage and hands out a small graph that shows
// it.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>

#include "compiler/parse.hpp"
#include "tests/planted/planted_bug.hpp"
#include "tools/certify.hpp"
#include "tools/small_values.hpp"

using namespace vitrine;

namespace {

/// Passes that training has not, or not there.
constexpr auto reordering = static_cast<std::ptrdiff_t>(inference_pipeline.size() - default_pipeline.size());

Certificate certified(const PlantedBug& bug) {
  const Graph forward = parse(bug.graph);
  Graph graph(forward);
  Pool pool(1);
  const bool is_of_use = std::ranges::find(every_pass, bug.guilty, &Pass::name) < every_pass.begin() + reordering;
  return certify(graph, is_about_gradients(bug) ? &forward : nullptr, is_of_use ? inference_pipeline : default_pipeline,
                 small_values(forward, 1), pool)
      .certificate;
}

std::size_t ops_in(const Graph& graph) {
  return static_cast<std::size_t>(
      std::ranges::count_if(graph.topological(), [](Value v) { return v.op() != nullptr; }));
}

void check_caught(const std::vector<PlantedBug>& bugs) {
  for (const PlantedBug& bug : bugs) {
    CAPTURE(bug.name);
    REQUIRE(certified(bug).holds());
    const Plantation plantation(bug);
    const Certificate made = certified(bug);
    REQUIRE_FALSE(made.holds());
    for (const Break& b : made.breaks) {
      CAPTURE(b.rule, b.why);
      CHECK(b.pass == bug.guilty);
      CHECK_FALSE(b.why.empty());
      CHECK(ops_in(b.reproducer) <= 6);
    }
  }
}

}  // namespace

TEST_CASE("a rule that puts the wrong thing in a place is caught, its pass named, its graph made small") {
  check_caught(bugs_of_rewrites());
}
TEST_CASE("a rule that fires where it must not is caught, its pass named, its graph made small") {
  check_caught(bugs_of_rules());
}
TEST_CASE("a function told for another is caught, its pass named, its graph made small") {
  check_caught(bugs_of_recognition());
}
TEST_CASE("a mistake with codes, scales or zeros is caught and its pass named") { check_caught(bugs_of_few_bits()); }
TEST_CASE("a wrong derivative is caught and its op named") { check_caught(bugs_of_derivatives()); }
TEST_CASE("a wrong plan, fusion or kernel is caught, its stage named, its graph made small") {
  check_caught(bugs_of_programs());
}

TEST_CASE("at least 40 bugs are planted, no two alike, and compiler/README.md lists them") {
  const std::vector<PlantedBug> bugs = every_planted_bug();
  CHECK(bugs.size() >= 40);
  std::ifstream in(std::string(VITRINE_SOURCE) + "/compiler/README.md");
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  std::set<std::string_view> names;
  for (const PlantedBug& bug : bugs) {
    CAPTURE(bug.name);
    CHECK(names.insert(bug.name).second);
    CHECK(page.find(fmt::format("| {} | {} |", bug.name, bug.guilty)) != page.npos);
  }
}
