// What is said of the numbers that a value may be holds of those that it is.
#include "compiler/value_range.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "compiler/op_table.hpp"
#include "tests/derivative_law.hpp"
#include "tests/named_values.hpp"
#include "tests/random_graph.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

/// Every number of every value against what is said of it; how many were said anything of.
std::size_t check_ranges(const Graph& graph, const Values<double>& leaves) {
  const ValueRanges ranges(graph);
  const Values<double> values = evaluate<double>(graph, leaves);
  std::size_t known = 0;
  for (Value v : graph.topological()) {
    const NumberRange range = ranges.of(v);
    if (!range.known() || v.type().dtype == DType::u8 || v.type().dtype == DType::i8 || v.type().dtype == DType::bf16)
      continue;
    ++known;
    for (const double x : numbers<double>(values, v)) {
      if (std::isnan(x)) continue;
      // Reals are rounded; what is 0 at least is not below it for all that.
      const double slack = v.type().dtype == DType::f32 && std::isfinite(x) ? 1e-5 * std::abs(x) : 0;
      CAPTURE(v.id, v.op() ? v.op()->name() : "leaf", x, range.least, range.most);
      if (!(x >= range.least - slack && x <= range.most + slack)) CHECK(false);
    }
  }
  return known;
}

Values<double> given(const Graph& graph, const Leaves& leaves) {
  Values<float> made;
  for (const auto& [name, bytes] : leaves) made[graph.find(name).id] = bytes;
  return widened(graph, made);
}

constexpr Axis row{"row", 4}, kind{"kind", 3};
NumberRange range_of_y(const std::function<Value(Value)>& build) {
  Graph graph("example");
  graph.output("y", build(graph.input("x", f32<row, kind>)));
  check_ranges(graph, random_leaves(graph, 1));
  return ValueRanges(graph).of(graph.outputs()[0].second);
}
constexpr double none = NumberRange::infinity;

}  // namespace

TEST_CASE("the numbers of 300 random graphs are those that were said, on ordinary and on hard leaves") {
  std::size_t known = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    const RandomGraph random = random_graph(seed);
    known += check_ranges(random.graph, given(random.graph, random.leaves));
    try {
      check_ranges(random.graph, given(random.graph, hard_leaves(random.graph, random.leaves, seed)));
    } catch (const InputError&) {  // an index made of infinity lies nowhere
    }
  }
  CHECK(known > 500);
}

TEST_CASE("an elementwise op's numbers follow from its formula") {
  CHECK(range_of_y([](Value x) { return sigmoid(x); }) == NumberRange{0, 1});
  CHECK(range_of_y([](Value x) { return tanh(x); }) == NumberRange{-1, 1});
  CHECK(range_of_y([](Value x) { return exp(x); }) == NumberRange{0, none});
  CHECK(range_of_y([](Value x) { return relu(x); }) == NumberRange{0, none});
  CHECK(range_of_y([](Value x) { return x * x; }) == NumberRange{0, none});
  CHECK(range_of_y([](Value x) { return -(x * x) - 1.f; }) == NumberRange{-none, -1});
  CHECK(range_of_y([](Value x) { return clamp(x, -2.f, 3.f); }) == NumberRange{-2, 3});
  CHECK(range_of_y([](Value x) { return x - x; }) == NumberRange{0, 0});
  CHECK(range_of_y([](Value x) { return x + x; }) == NumberRange{-none, none});
}

TEST_CASE("an op that is no formula says its numbers itself, and layouts keep theirs") {
  CHECK(range_of_y([](Value x) { return softmax(x); }) == NumberRange{0, 1});
  CHECK(range_of_y([](Value x) { return log_softmax(x); }) == NumberRange{-none, 0});
  CHECK(range_of_y([](Value x) { return sum<kind>(softmax(x)); }) == NumberRange{0, 3});
  CHECK(range_of_y([](Value x) { return mean(transpose(sigmoid(x))); }) == NumberRange{0, 1});
  CHECK(range_of_y([](Value x) { return pad<0, 1, 0, 5.f>(sigmoid(x)); }) == NumberRange{0, 5});
  CHECK(range_of_y([](Value x) { return argmax<kind>(x); }) == NumberRange{0, 2});
  CHECK(range_of_y([](Value x) { return cast<DType::f32>(greater(x, 0.f)); }) == NumberRange{0, 1});
  CHECK(range_of_y([](Value x) { return emit(*x.graph, Iota{row}); }) == NumberRange{0, 3});
}
