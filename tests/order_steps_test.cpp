// The order of a plan's steps: what waits for what, and how many bytes are alive on the way.
#include "compiler/order_steps.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "compiler/lifetimes.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/steps.hpp"
#include "compiler/updates.hpp"
#include "tests/plans.hpp"
#include "tests/transformer_graph.hpp"

using namespace vitrine;

namespace {

constexpr std::array preferences{Preference::oldest, Preference::freeing, Preference::least_growth};

Draft draft_of(const Graph& graph) {
  Draft draft = draft_steps(graph);
  commit_updates(draft, FakeTarget{});
  return draft;
}

constexpr std::size_t layer_bytes = f32<2, 16>.bytes();

/// Two rows through square matrices and tanh, to a mean: the gradient of a matrix is larger than what lies on the way.
Graph chain(int layers) {
  Graph graph("chain");
  Value v = graph.input("x", f32<2, 16>);
  for (int i = 0; i < layers; ++i)
    v = tanh(matmul(v, graph.state("w" + std::to_string(i), f32<16, 16>, {Init::Rule::normal, 0.1f})));
  graph.output("loss", mean(v * v));
  return graph;
}

std::size_t most_alive(const Draft& draft, Preference preference) {
  return lifetimes_of(draft, ordered(draft, preference)).most_alive();
}

}  // namespace

TEST_CASE("in every order each step runs once, behind what it waits for") {
  for (const Graph& graph : {training_step(chain(5), Adam{}), training_step(TransformerGraph::of(2), AdamW{}),
                             training_step(TransformerGraph::of(2), AdamW{.clip = {.norm = 1}})}) {
    const Draft draft = draft_of(graph);
    for (const Preference preference : preferences) {
      const StepNumbers order = ordered(draft, preference);
      CHECK(order == ordered(draft, preference));
      std::vector<std::size_t> place(order.size(), order.size());
      for (std::size_t at = 0; at < order.size(); ++at) place[order[at]] = at;
      REQUIRE(order.size() == draft.plan.steps.size());
      CHECK(std::ranges::count(place, order.size()) == 0);
      for (std::size_t step = 0; step < draft.later.size(); ++step)
        for (const std::size_t next : draft.later[step]) CHECK(place[step] < place[next]);
    }
  }
}

TEST_CASE("a parameter is updated as soon as its gradient is known, and gradients do not live together") {
  const Draft few = draft_of(training_step(chain(4), Sgd{})), many = draft_of(training_step(chain(12), Sgd{}));
  CHECK(most_alive(many, Preference::freeing) < most_alive(many, Preference::oldest));
  // Eight layers more: of each, what the way back needs, and no gradient beside it.
  CHECK(most_alive(many, Preference::freeing) - most_alive(few, Preference::freeing) <= 8 * layer_bytes);
}

TEST_CASE("the order that is kept has the fewest bytes alive, and the oldest step first where no other has fewer") {
  for (const Graph& graph : {training_step(chain(6), Sgd{}), training_step(TransformerGraph::of(3), Adam{}),
                             training_step(TransformerGraph::of(3), AdamW{.clip = {.norm = 1}})}) {
    const Draft draft = draft_of(graph);
    std::vector<std::size_t> bytes;
    for (const Preference preference : preferences) bytes.push_back(most_alive(draft, preference));
    const StepNumbers best = best_order(draft);
    CHECK(lifetimes_of(draft, best).most_alive() == std::ranges::min(bytes));
    if (bytes[0] == std::ranges::min(bytes)) CHECK(best == ordered(draft, Preference::oldest));
  }
}

TEST_CASE("clipping by the norm of all gradients updates nothing before the last gradient is known") {
  const Graph graph = training_step(chain(4), Sgd{.clip = {.norm = 1}});
  const Plan plan = planned(graph);
  std::size_t first_update = plan.steps.size(), last_gradient = 0;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (plan.steps[i].results[0].space == Space::state) first_update = std::min(first_update, i);
    for (const std::uint32_t node : plan.steps[i].nodes)
      if (graph.find(node).node().phase == Phase::gradient) last_gradient = i;
  }
  CHECK(last_gradient < first_update);
  CHECK(first_update < plan.steps.size());
}
