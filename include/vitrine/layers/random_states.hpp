#pragma once
// What random layers draw from, as states of the graph: saved with it, so that a resumed run draws on.
#include <cstring>

#include "vitrine/ops/add.hpp"

namespace vitrine {

/// The seed of the run: state "random.seed", i32[2].
inline Value random_seed(Graph& graph) {
  if (const Value known = graph.find("random.seed")) return known;
  const Graph::Scope scope(graph, "", graph.phase());
  return graph.state("random.seed", i32<2>, {Init::Rule::seed});
}

/// The number of the run, 0 for the first: state "random.step", i32[], which every run of the training form adds 1 to.
inline Value random_step(Graph& graph) {
  if (const Value known = graph.find("random.step")) return known;
  const Graph::Scope scope(graph, "", graph.phase());
  const Value step = graph.state("random.step", i32<>);
  Constant one{i32<>, std::vector<std::byte>(sizeof(std::int32_t))};
  one.bytes[0] = std::byte{1};
  graph.update(step, step + graph.constant(one));
  return step;
}

}  // namespace vitrine
