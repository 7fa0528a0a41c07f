// Rows of a cache written and taken, each sequence's at a place of its own; and that a step writes new rows over a
// state and touches nothing else.
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "compiler/check_plan.hpp"
#include "runtime/kernels.hpp"
#include "tests/named_values.hpp"
#include "tests/plans.hpp"
#include "tests/program_bits.hpp"
#include "vitrine/error.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

std::vector<double> counting(std::size_t count, double from = 0) {
  std::vector<double> made;
  for (std::size_t i = 0; i < count; ++i) made.push_back(from + static_cast<double>(i));
  return made;
}

struct Written {
  Type cache, rows;
  int axis;
  bool ring;
};

Graph writing(const Written& w) {
  Graph graph("writing");
  const Shape batch = Shape{} << w.cache.shape[0];
  graph.output("y", write_rows(graph.input("cache", w.cache), graph.input("rows", w.rows),
                               graph.input("at", {DType::i32, batch}), graph.input("length", {DType::i32, batch}),
                               w.axis, w.ring));
  return graph;
}

/// Bytes of the reference, after a check that programs make the same.
std::vector<double> written(const Written& w, const std::vector<double>& at, const std::vector<double>& length) {
  const Graph graph = writing(w);
  const Values<float> given = leaves<float>(graph, {{"cache", counting(w.cache.shape.elements())},
                                                    {"rows", counting(w.rows.shape.elements(), 100)},
                                                    {"at", at},
                                                    {"length", length}});
  check_compiled_is_reference(graph, given);
  return numbers<float>(evaluate<float>(graph, given), output_of(graph, "y"));
}

/// A cache that is a state and its own next value with new rows, and what it was before or is then as an output.
Graph caching(std::size_t size, bool shows_old, bool ring = false) {
  Graph graph("caching");
  const Value cache = graph.state("cache", {DType::f32, Shape{} << 2 << 3 << size << 4}),
              rows = graph.input("rows", f32<2, 3, 2, 4>), at = graph.input("at", i32<2>),
              length = graph.input("length", i32<2>), next = write_rows(cache, rows, at, length, 2, ring);
  graph.update(cache, next);
  graph.output("y", sum_to(shows_old ? cache : next, shape_of<2, 3, 1, 1>));
  return graph;
}

const Step& writer_of(const Plan& plan) {
  const auto at = std::ranges::find_if(plan.steps, [](const Step& s) { return s.choice.kernel == "write_rows"; });
  REQUIRE(at != plan.steps.end());
  return *at;
}

}  // namespace

TEST_CASE("write_rows replaces as many rows of each sequence as it has, from its place on") {
  CHECK(written({f32<2, 3, 2>, f32<2, 2, 2>, 1, false}, {0, 1}, {1, 2}) ==
        std::vector<double>{100, 101, 2, 3, 4, 5, 6, 7, 104, 105, 106, 107});
  CHECK(written({f32<2, 3, 2>, f32<2, 2, 2>, 1, false}, {3, 2}, {0, 1}) ==
        std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 104, 105});
  CHECK(written({f32<1, 3, 2>, f32<1, 3, 1>, 2, false}, {1}, {1}) == std::vector<double>{0, 100, 2, 101, 4, 102});
  CHECK(written({i32<1, 3>, i32<1, 2>, 1, false}, {1}, {2}) == std::vector<double>{0, 100, 101});
}

TEST_CASE("in a ring rows go round") {
  CHECK(written({f32<2, 3, 1>, f32<2, 2, 1>, 1, true}, {2, 7}, {2, 1}) == std::vector<double>{101, 1, 100, 3, 102, 5});
  CHECK(written({i32<1, 4>, i32<1, 4>, 1, true}, {1000002}, {4}) == std::vector<double>{102, 103, 100, 101});
}

TEST_CASE("rows of many heads, large ones and none are written as the definition says") {
  for (const bool ring : {false, true}) {
    written({f32<3, 4, 70, 5>, f32<3, 4, 16, 5>, 2, ring}, {0, 54, 20}, {16, 16, 3});
    written({f32<2, 6, 300, 64>, f32<2, 6, 40, 64>, 2, ring}, {260, 3}, {40, 7});
    for (const Type& empty : {f32<0, 4, 3>, f32<2, 4, 0>}) {
      const std::vector<double> none(empty.shape[0].size, 0.0);
      written({empty, {DType::f32, empty.shape.with(1, 2)}, 1, ring}, none, none);
    }
    written({f32<2, 4, 3>, f32<2, 0, 3>, 1, ring}, {1, 2}, {0, 0});
  }
}

TEST_CASE("new rows that are cut out of [batch, time, width] by views are read where they lie") {
  Graph graph("heads");
  const Value cut = permute<0, 2, 1, 3>(reshape<2, 3, 4, 5>(graph.input("x", f32<2, 3, 20>)));
  graph.output("y", write_rows(graph.input("cache", f32<2, 4, 7, 5>), cut, graph.input("at", i32<2>),
                               graph.input("length", i32<2>), 2));
  check_compiled_is_reference(
      graph,
      leaves<float>(graph, {{"x", counting(120)}, {"cache", counting(280, 1000)}, {"at", {2, 4}}, {"length", {3, 1}}}));
  CHECK(compile(graph, CpuTarget(best_isa())).steps.size() == 1);  // no copy
  Graph apart("apart");                                            // rows whose own elements lie apart
  apart.output("y", write_rows(apart.input("cache", f32<2, 7, 5>), transpose(apart.input("x", f32<2, 5, 3>)),
                               apart.input("at", i32<2>), apart.input("length", i32<2>), 1));
  check_compiled_is_reference(
      apart,
      leaves<float>(apart, {{"x", counting(30)}, {"cache", counting(70, 1000)}, {"at", {2, 4}}, {"length", {3, 1}}}));
}

TEST_CASE("write_rows says what does not fit before it writes anything") {
  const auto said = [](const Written& w, double at, double length) {
    const Graph graph = writing(w);
    const auto given = leaves<float>(graph, {{"cache", counting(w.cache.shape.elements())},
                                             {"rows", counting(w.rows.shape.elements())},
                                             {"at", {0, at}},
                                             {"length", {1, length}}});
    const std::string kernel = complaint<InputError>([&] { run_compiled(graph, given); });
    CHECK(kernel == complaint<InputError>([&] { evaluate<float>(graph, given); }));
    return kernel;
  };
  const Written plain{f32<2, 64, 2>, f32<2, 4, 2>, 1, false}, ring{f32<2, 64, 2>, f32<2, 4, 2>, 1, true};
  CHECK(said(plain, 60, 4) == "");
  CHECK(said(plain, 62, 4) ==
        "write_rows: sequence 1 is full: 4 rows from position 62 on were to be written, and the cache holds 64; begin "
        "anew, or make room for more");
  CHECK(said(ring, 62, 4) == "");
  CHECK(said(plain, 90, 0) == "");  // nothing is written
  for (const Written& w : {plain, ring}) {
    CHECK(said(w, 0, 5) == "write_rows: sequence 1 is to get 5 rows, of which 4 are given; give a length of 0 to 4");
    CHECK(said(w, 0, -1).find("is to get -1 rows") != std::string::npos);
    CHECK(said(w, -1, 1) ==
          "write_rows: sequence 1 stands at position -1, which is before the first; count positions from 0");
  }
  const auto type = [](Type cache, Type rows, int axis) {
    return WriteRows{axis, false}.type(cache, rows, i32<2>, i32<2>).why.str();
  };
  CHECK(type(f32<2, 4, 3>, f32<2, 4, 3>, 1) == "");
  CHECK_THAT(type(f32<2, 4, 3>, f32<2, 5, 3>, 1), Contains("are no rows of"));
  CHECK_THAT(type(f32<2, 4, 3>, i32<2, 4, 3>, 1), Contains("are no rows of"));
  CHECK_THAT(type(f32<2, 4, 3>, f32<2, 4, 2>, 1), Contains("are no rows of"));
  CHECK_THAT(type(f32<2, 4, 3>, f32<2, 4, 3>, 0), Contains("behind the first"));
  CHECK_THAT(type(boolean<2, 4>, boolean<2, 4>, 1), Contains("wants a cache of numbers"));
  CHECK_THAT(type(f32<3, 4>, f32<3, 4>, 1), Contains("differ: 3 != 2"));
}

TEST_CASE("a state whose next value is itself with new rows is written in place: no step moves the cache") {
  for (const bool ring : {false, true})
    for (const std::size_t size : {4u, 4000u}) {
      const Plan plan = compile(caching(size, false, ring), CpuTarget(best_isa()));
      const Step& step = writer_of(plan);
      CHECK(step.results[0].space == Space::state);
      CHECK(same_place(step.results[0], step.operands[0]));
      CHECK(plan.arena_bytes < 1024);
      CHECK(plan.steps.size() == 2);  // and the sum
    }
}

TEST_CASE("a state whose old value is read as well is read before it is written, or copied") {
  const Plan plan = compile(caching(8, true), CpuTarget(best_isa()));
  REQUIRE(plan.steps.size() == 2);
  CHECK(plan.steps[1].choice.kernel == "write_rows");
  CHECK(plan.steps[1].results[0].space == Space::state);

  Graph both("both");  // the old value is added to the new one
  const Value cache = both.state("cache", f32<2, 8, 4>), rows = both.input("rows", f32<2, 1, 4>),
              next = write_rows(cache, rows, both.input("at", i32<2>), both.input("length", i32<2>), 1);
  both.update(cache, next);
  both.output("y", next + cache);
  CHECK(writer_of(compile(both, CpuTarget(best_isa()))).results[0].space == Space::arena);
}

TEST_CASE("the checker refuses new rows that lie in the cache, and an old value read when it is gone") {
  const Graph graph = caching(8, true);
  Plan plan = compile(graph, CpuTarget(best_isa()));
  CHECK_NOTHROW(check_plan(plan));
  Plan swapped = plan;
  std::swap(swapped.steps[0], swapped.steps[1]);
  CHECK_THROWS_AS(check_plan(swapped), InternalError);

  Plan promised = plan;  // a target that promises nothing
  promised.steps[1].choice.overwrites = -1;
  CHECK_THROWS_WITH(check_plan(promised), Contains("other elements"));

  Plan moved = plan;  // the rows of the state itself
  Slot& rows = moved.steps[1].operands[1];
  rows.space = Space::state, rows.index = moved.steps[1].operands[0].index;
  rows.value = moved.steps[1].operands[0].value;
  CHECK_THROWS_WITH(check_plan(moved), Contains("other elements"));

  Plan turned = plan;  // over the state in another order
  std::swap(turned.steps[1].operands[0].strides[0], turned.steps[1].operands[0].strides[1]);
  CHECK_THROWS_AS(check_plan(turned), InternalError);
}

TEST_CASE("a program fills its cache row by row, and another run goes on where the last one ended") {
  const Graph graph = caching(6, false);
  for (const int threads : {1, 4}) {
    Pool pool(threads);
    States states(1);
    Program program(compile(graph, CpuTarget(best_isa())), states, pool, best_isa());
    const std::vector<float> rows(2 * 3 * 2 * 4, 1.f);
    std::vector<std::int32_t> at{0, 0}, length{2, 1};
    program.bind_input("rows", rows.data());
    program.bind_input("at", at.data());
    program.bind_input("length", length.data());
    for (int run = 1; run <= 3; ++run) {
      program.run();
      const auto* sums = reinterpret_cast<const float*>(program.output("y").data());
      CHECK(sums[0] == static_cast<float>(8 * run));
      CHECK(sums[3] == static_cast<float>(4 * run));
      at[0] += 2, at[1] += 1;
    }
    CHECK_THAT(complaint<InputError>([&] { program.run(); }), Contains("sequence 0 is full"));
  }
}

TEST_CASE("in place the kernel touches the pages of the new rows only: the others may not even be read") {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t columns = page / sizeof(float);
  Graph graph("pages");
  const Type cache{DType::f32, Shape{} << 1 << 16 << columns}, rows{DType::f32, Shape{} << 1 << 2 << columns};
  const Value state = graph.state("cache", cache),
              next = write_rows(state, graph.input("rows", rows), graph.input("at", i32<1>),
                                graph.input("length", i32<1>), 1);
  graph.update(state, next);
  graph.output("y", graph.input("x", f32<1>) + 1.f);
  const Plan plan = compile(graph, CpuTarget(best_isa()));
  const Step& step = writer_of(plan);
  auto* const memory =
      static_cast<std::byte*>(mmap(nullptr, 16 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  REQUIRE(memory != MAP_FAILED);
  const std::vector<float> given(2 * columns, 3.f);
  const std::vector<std::int32_t> at{5}, length{1};
  Memory places;
  places.states = {memory};
  for (const auto& [name, type] : plan.inputs)
    places.inputs.push_back(reinterpret_cast<const std::byte*>(name == "rows" ? static_cast<const void*>(given.data())
                                                               : name == "at"
                                                                   ? static_cast<const void*>(at.data())
                                                                   : static_cast<const void*>(length.data())));
  Pool pool(1);
  const auto prepared = find_kernel("write_rows")(step, {pool, best_isa()});
  prepared->place(places);
  REQUIRE(mprotect(memory, 5 * page, PROT_NONE) == 0);
  REQUIRE(mprotect(memory + 6 * page, 10 * page, PROT_NONE) == 0);
  prepared->run();  // anything else would be a fault
  CHECK(reinterpret_cast<const float*>(memory + 5 * page)[columns - 1] == 3.f);
  munmap(memory, 16 * page);
}

TEST_CASE("take_rows takes rows of each sequence from its own place on") {
  for (const auto& [x, axis, count] :
       {std::tuple{f32<2, 5, 3>, 1, 2}, std::tuple{i32<2, 4, 5>, 2, 1}, std::tuple{f32<2, 3, 4, 70>, 2, 3},
        std::tuple{f32<2, 3, 4>, 1, 0}, std::tuple{f32<2, 200, 400>, 1, 150}, std::tuple{f32<2, 5, 0>, 1, 2}}) {
    Graph graph("taking");
    graph.output("y", take_rows(graph.input("x", x), graph.input("start", i32<2>), axis, count));
    const std::vector<double> start{1, static_cast<double>(x.shape[axis].size) - count};
    const Values<float> given = leaves<float>(graph, {{"x", counting(x.shape.elements())}, {"start", start}});
    check_compiled_is_reference(graph, given);
    const auto made = numbers<float>(evaluate<float>(graph, given), output_of(graph, "y"));
    const Rows rows(x.shape, axis);
    std::vector<double> wanted;
    for (std::size_t outer = 0; outer < rows.outer; ++outer)
      for (std::size_t i = 0; i < static_cast<std::size_t>(count) * rows.inner; ++i)
        wanted.push_back(static_cast<double>(outer * rows.size * rows.inner + i) +
                         start[outer / (rows.outer / 2)] * static_cast<double>(rows.inner));
    CHECK(made == wanted);
  }
}

TEST_CASE("take_rows says which rows are not there") {
  Graph graph("taking");
  graph.output("y", take_rows(graph.input("x", f32<2, 5, 3>), graph.input("start", i32<2>), 1, 2));
  for (const double start : {-1., 4., 2147483647.}) {
    const auto given = leaves<float>(graph, {{"x", counting(30)}, {"start", {0, start}}});
    const std::string said = complaint<InputError>([&] { run_compiled(graph, given); });
    CHECK(said == complaint<InputError>([&] { evaluate<float>(graph, given); }));
    if (start == 4.)
      CHECK(said == "take_rows: rows 4 to 5 of sequence 1 are not among the 5 that there are; check where they start");
    else
      CHECK_THAT(said, Contains("of sequence 1 are not among"));
  }
  CHECK_THAT((TakeRows{1, 6}.type(f32<2, 5>, i32<2>).why.str()), Contains("there are no 6 rows"));
  CHECK_THAT((TakeRows{0, 1}.type(f32<2, 5>, i32<2>).why.str()), Contains("behind the first"));
  CHECK_THAT((TakeRows{1, 1}.type(f32<2, 5>, i32<3>).why.str()), Contains("differ: 2 != 3"));
}
