// Kernels that need nothing of each other, run as one.
#include "compiler/sweeps.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "compiler/check_plan.hpp"
#include "compiler/compile.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/passes.hpp"
#include "runtime/cpu_target.hpp"
#include "tests/trained_states.hpp"
#include "tests/transformer_graph.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

Plan plan_of(const Graph& graph) { return compile(graph, CpuTarget(Isa::portable)); }

std::map<std::uint32_t, std::vector<std::size_t>> sweeps_of(const Plan& plan) {
  std::map<std::uint32_t, std::vector<std::size_t>> found;
  for (std::size_t i = 0; i < plan.steps.size(); ++i)
    if (plan.steps[i].sweep != 0) found[plan.steps[i].sweep].push_back(i);
  return found;
}

}  // namespace

TEST_CASE("behind a clipped gradient's norm all parameters are updated in one sweep") {
  Graph graph = training_step(TransformerGraph::of(1), AdamW{.clip = {.norm = 1}});
  optimize(graph);
  const Plan plan = plan_of(graph);
  std::size_t largest = 0, updates = 0;
  for (const auto& [sweep, steps] : sweeps_of(plan)) largest = std::max(largest, steps.size());
  for (const Step& step : plan.steps)
    updates += !step.head && step.results.size() >= 3 && step.results[0].space == Space::state;
  CHECK(updates > 5);
  CHECK(largest >= updates);
}

TEST_CASE("kernels that follow each other are one sweep as far as none reads what another makes") {
  Graph graph("chain");
  const Value x = graph.input("x", f32<4, 8>), y = graph.input("y", f32<8>);
  const Value a = exp(x), b = tanh(y), c = abs(a);  // without passes each is a step; c waits for a
  graph.output("a", a);
  graph.output("b", b);
  graph.output("c", c);
  const Plan plan = plan_of(graph);
  REQUIRE(plan.steps.size() == 3);
  const auto sweep_of = [&](Value v) {
    return std::ranges::find_if(plan.steps, [&](const Step& step) { return step.nodes.back() == v.id; })->sweep;
  };
  CHECK(sweep_of(a) != 0);
  CHECK(sweep_of(b) == sweep_of(a));
  CHECK(sweep_of(c) == 0);
}

TEST_CASE("check_plan refuses a sweep of kernels of which one needs another, or with something between") {
  Graph graph("dependent");
  const Value x = graph.input("x", f32<4, 8>);
  const Value a = exp(x), b = softmax(a);
  graph.output("a", a);
  graph.output("b", b);
  graph.output("c", tanh(emit(SumTo{shape_of<8>}, {a})));
  Plan plan = plan_of(graph);  // without passes each node is a step
  REQUIRE(plan.steps.size() >= 3);
  std::vector<std::size_t> kernels;
  for (std::size_t i = 0; i < plan.steps.size(); ++i)
    if (!plan.steps[i].head) kernels.push_back(i);
  REQUIRE(kernels.size() >= 2);
  Plan apart = plan;
  for (const std::size_t i : kernels) apart.steps[i].sweep = 9;
  CHECK_THROWS_AS(check_plan(apart), InternalError);
  Plan with_head = plan;
  with_head.steps[0].sweep = with_head.steps[1].sweep = 9;
  CHECK_THROWS_AS(check_plan(with_head), InternalError);

  Graph chain("chain");
  const Value v = chain.input("x", f32<4, 8>);
  chain.output("y", exp(tanh(v)));
  Plan next = plan_of(chain);
  REQUIRE(next.steps.size() == 2);
  CHECK(sweeps_of(next).empty());
  CHECK_NOTHROW(check_plan(next));
  next.steps[0].sweep = next.steps[1].sweep = 1;
  CHECK_THROWS_AS(check_plan(next), InternalError);
}

TEST_CASE("a program makes the same bits in sweeps and kernel by kernel, for any number of threads") {
  Graph graph = training_step(TransformerGraph::of(2), AdamW{.clip = {.norm = 1}});
  optimize(graph);
  const Plan swept = plan_of(graph);
  REQUIRE_FALSE(sweeps_of(swept).empty());
  Plan one_by_one = swept;
  for (Step& step : one_by_one.steps) step.sweep = 0;
  const auto alone = trained_states(one_by_one, 1);
  for (const int threads : {1, 2, 3}) CHECK(trained_states(swept, threads) == alone);
}
