#include "tools/loaded_graph.hpp"

#include "compiler/compile.hpp"

namespace vitrine {

LoadedGraph::LoadedGraph(const Graph& graph, Pool& pool, const Target& target)
    : graph_(graph), program_(compile(graph_, target), states_, pool, best_isa()) {}

Values<float> LoadedGraph::run(const Values<float>& leaves, Watcher* watcher) {
  for (Value v : graph_.topological()) {
    if (v.node().leaf == Leaf::input) program_.bind_input(v.node().name, leaves.at(v.id).data());
    if (v.node().leaf == Leaf::state) states_.set(v.node().name, leaves.at(v.id));
  }
  if (watcher)
    program_.run(*watcher);
  else
    program_.run();
  Values<float> made;
  for (const auto& [name, v] : graph_.outputs()) {
    const auto bytes = program_.output(name);
    made[v.id] = {bytes.begin(), bytes.end()};
  }
  for (const auto& [state, next] : graph_.updates()) {
    const auto bytes = states_.bytes(state.node().name);
    made[next.id] = {bytes.begin(), bytes.end()};
  }
  return made;
}

Loader loader(Pool& pool, const Target& target) {
  return [&](const Graph& graph) -> Runnable {
    auto loaded = std::make_shared<LoadedGraph>(graph, pool, target);
    return [loaded](const Values<float>& leaves) { return loaded->run(leaves); };
  };
}

}  // namespace vitrine
