#include "compiler/optimizers.hpp"

#include <algorithm>

#include "compiler/gradients.hpp"
#include "compiler/update_rules.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// A state with a next value of its own in the forward graph (a running mean, a counter) is no parameter.
std::vector<Value> parameters(const Graph& graph, std::span<const std::string> without) {
  std::vector<Value> found;
  for (Value v : graph.topological())
    if (v.node().leaf == Leaf::state && v.type().dtype == DType::f32 && !graph.next(v) &&
        std::ranges::find(without, v.node().name) == without.end())
      found.push_back(v);
  return found;
}

Value loss_of(const Graph& graph) {
  for (const auto& [name, v] : graph.outputs())
    if (name == "loss") return v;
  throw UsageError("graph '" + graph.name() + "' has no output named 'loss' to train on");
}

}  // namespace

Record recognize(Graph& forward, const PipelineOptions& options) {
  return optimize(forward, recognition_pipeline, options);
}

Graph training_step(const Graph& forward, const Optimizer& optimizer, std::span<const std::string> frozen) {
  Graph graph(forward);
  recognize(graph, {.record = false});
  return differentiated_step(graph, optimizer, frozen);
}

Graph differentiated_step(const Graph& forward, const Optimizer& optimizer, std::span<const std::string> frozen) {
  Graph graph(forward);
  graph.rename(forward.name() + " training step");
  const std::vector<Value> weights = parameters(graph, frozen);
  const Gradients made = gradients(loss_of(graph), weights);
  const Graph::Scope scope(graph, "", Phase::update);
  add_updates(optimizer, graph, weights, made);
  return graph;
}

Graph with_gradients(const Graph& forward, std::span<const std::string> without) {
  Graph graph(forward);
  graph.rename(forward.name() + " with gradients");
  const std::vector<Value> weights = parameters(graph, without);
  const Gradients made = gradients(loss_of(graph), weights);
  for (std::size_t i = 0; i < weights.size(); ++i) graph.output("d " + weights[i].node().name, made[i]);
  return graph;
}

}  // namespace vitrine
