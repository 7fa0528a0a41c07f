// What is said of the elements along an axis that a value is made of is what a run shows: one element of an input is
// changed, and nothing else moves than was said.
#include "compiler/axis_dependence.hpp"

#include <catch2/catch.hpp>

#include "compiler/op_table.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/parse.hpp"
#include "tests/axis_law.hpp"
#include "tests/op_example.hpp"
#include "tests/random_graph.hpp"
#include "tests/small_language.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

using namespace law;

}  // namespace

TEST_CASE("no op's result moves along an axis where the op says that it does not") {
  Counted seen;
  for (const OpInfo* info : every_op()) {
    CAPTURE(info->doc.name);
    const Graph graph = example_graph(*info);
    for (std::uint32_t seed : {1u, 2u}) CHECK(disagreement(graph, random_leaves(graph, seed), seen) == "");
  }
  CHECK(seen.stayed > 1000);
}

TEST_CASE("of 200 random graphs nothing moves that was said to stay") {
  Counted seen;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    const RandomGraph random = random_graph(seed);
    Values<float> leaves;
    for (const auto& [name, bytes] : random.leaves) leaves[random.graph.find(name).id] = bytes;
    CHECK(disagreement(random.graph, widened(random.graph, leaves), seen) == "");
  }
  CHECK(seen.stayed > seen.moved / 10);
}

TEST_CASE("the four kinds of dependence, each as a run shows it") {
  const auto w = [](Value x) { return x.graph->state("w", f32<width, 3>); };
  CHECK(of_time([&](Value x) { return relu(matmul(x, w(x))); }) == Dependence::pointwise);
  CHECK(of_time([&](Value x) { return softmax(x); }) == Dependence::pointwise);
  CHECK(of_time([](Value x) { return cumulative_sum<step>(x); }) == Dependence::prefix);
  CHECK(of_time([](Value x) { return x - cumulative_sum<step, true>(x); }) == Dependence::prefix);
  CHECK(of_time([](Value x) { return cumulative_sum<step, false, true>(x); }) == Dependence::all);
  CHECK(of_time([](Value x) { return softmax<step>(x); }) == Dependence::all);
  CHECK(of_time([](Value x) { return x - mean<step>(x, keep_axes); }) == Dependence::all);
  CHECK(of_time([](Value x) { return flip<step>(x); }) == Dependence::all);
  CHECK(of_time([](Value x) { return emit(*x.graph, Iota{step}); }) == Dependence::constant);
}

TEST_CASE("a place that moves is followed: backwards it is past, forwards it is to come") {
  // Each place with the one before it, by a zero in front; and with the next one, by a zero behind.
  CHECK(of_time([](Value x) { return slice<1, 0, 5>(pad<1, 1, 0>(x)) + x; }) == Dependence::prefix);
  CHECK(of_time([](Value x) { return slice<1, 1, 6>(pad<1, 0, 1>(x)) + x; }) == Dependence::all);
  // There and back again is where it was.
  CHECK(of_time([](Value x) { return slice<1, 1, 6>(pad<1, 1, 0>(x)) * x; }) == Dependence::pointwise);
  // Windows of three places of an image that is one row: padded on both sides they see one place ahead.
  const auto filter = [](Value x) { return x.graph->state("f", f32<1, 3, 3, 3>); };
  const auto images = [](Value x) { return reshape<batch, 1, step, width>(x); };
  CHECK(of_time([&](Value x) { return conv2d<Extent{1, 1}, Extent{0, 1}>(images(x), filter(x)); }) == Dependence::all);
  CHECK(of_time([&](Value x) { return conv2d(pad<2, 2, 0>(images(x)), filter(x)); }) == Dependence::prefix);
  CHECK(of_time([&](Value x) { return max_pool2d<Extent{1, 2}, Extent{1, 1}>(images(x)); }) == Dependence::all);
}

TEST_CASE("time is followed through axes that are merged, permuted and given back") {
  const auto rows = [](Value x) { return reshape<row, width>(x); };
  const auto back = [](Value x) { return reshape<batch, step, width>(x); };
  CHECK(of_time([&](Value x) { return back(relu(rows(x))); }) == Dependence::pointwise);
  CHECK(of_time([&](Value x) { return back(softmax(rows(x))); }) == Dependence::pointwise);
  // Along the merged axis the rows before are other examples too: nothing can be said.
  CHECK(of_time([&](Value x) { return back(cumulative_sum<0>(rows(x))); }) == Dependence::all);
  CHECK(of_time([](Value x) { return transpose(cumulative_sum<-1>(transpose(x))); }) == Dependence::prefix);
}

TEST_CASE("attention sees what its mask lets it see, and a table of positions is no text") {
  const auto looking = [](Looks looks, bool rotary_too) {
    return of_time([&](Value x) {
      const Value q = reshape<batch, 1, step, width>(x),
                  k = emit(Rename{shape_of<batch, 1, Axis{"key", 5}, width>}, {q});
      const Value turned = rotary_too ? pad<3, 0, 1>(q) : q;
      if (rotary_too) return emit(Rotary{100.f, false, false}, {turned, emit(*x.graph, Iota{step})});
      return emit(Attention{0.5f, looks.causal, looks.window}, {q, k, k});
    });
  };
  CHECK(looking(causal, false) == Dependence::prefix);
  CHECK(looking(causal.within(2), false) == Dependence::prefix);
  CHECK(looking(causal.within(1), false) == Dependence::pointwise);
  CHECK(looking(everywhere, false) == Dependence::all);
  CHECK(looking(everywhere.within(2), false) == Dependence::all);
  CHECK(looking(everywhere, true) == Dependence::pointwise);
}

TEST_CASE("GPT and Llama are causal by their ops, and a run agrees for every value of them") {
  for (const Graph& graph : {small::gpt(), small::llama(), small::grouped_llama()}) {
    CAPTURE(graph.name());
    const AxisDependence dependence(graph, "time");
    CHECK(dependence.of(output_of(graph, "y")) == Dependence::prefix);
    CHECK(dependence.of(output_of(graph, "loss")) == Dependence::all);
    for (Value v : graph.topological())
      if (v.node().leaf == Leaf::state) CHECK(dependence.of(v) == Dependence::constant);
    Counted seen;
    const Value token = graph.find("token");
    CHECK(disagreement(graph, leaves<double>(graph, some_leaves(graph)), token, 1, seen) == "");
    CHECK(seen.stayed > 100);
  }
}

TEST_CASE("of what holds positions too, a table of them is pointwise along the time") {
  const Graph graph = small::gpt();
  const AxisDependence dependence(graph, "time", AxisDependence::From::positions);
  std::size_t counters = 0;
  for (Value v : graph.topological())
    if (v.op() && v.operands().empty() && !v.type().shape.empty()) {
      ++counters;
      CHECK(dependence.of(v) == Dependence::pointwise);
      for (Value user : graph.users(v)) CHECK(dependence.of(user) == Dependence::pointwise);
    }
  CHECK(counters == 1);
  CHECK(dependence.of(output_of(graph, "y")) == Dependence::prefix);
}

TEST_CASE("attention in plain operations is causal by its mask, and once it is recognized") {
  Graph graph = parse(R"(graph plain {
  input %x : f32[batch 2, time 5, width 4]
  %1 = iota() {along = time 5} : i32[time 5]
  %2 = cast(%1) {to = f32} : f32[time 5]
  %3 = reshape(%2) {to = [time 5, 1]} : f32[time 5, 1]
  %4 = rename(%x) {to = [batch 2, key 5, width 4]} : f32[batch 2, key 5, width 4]
  %5 = transpose(%4) : f32[batch 2, width 4, key 5]
  %6 = matmul(%x, %5) : f32[batch 2, time 5, key 5]
  %7 = mul(%6, 0.5) : f32[batch 2, time 5, key 5]
  %8 = rename(%2) {to = [key 5]} : f32[key 5]
  %9 = greater(%8, %3) : bool[time 5, key 5]
  %10 = where(%9, -inf, %7) : f32[batch 2, time 5, key 5]
  %11 = softmax(%10) : f32[batch 2, time 5, key 5]
  %12 = matmul(%11, %4) : f32[batch 2, time 5, width 4]
  output y = %12
})");
  CHECK(AxisDependence(graph, "time").of(output_of(graph, "y")) == Dependence::prefix);
  recognize(graph);
  CHECK(AxisDependence(graph, "time").of(output_of(graph, "y")) == Dependence::prefix);
}
