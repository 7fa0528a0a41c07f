#include "compiler/renumbered.hpp"

#include "compiler/annotations.hpp"

namespace vitrine {

Graph renumbered(const Graph& graph) {
  Graph made(graph.name());
  std::map<std::uint32_t, Value> now;
  for (Value v : graph.topological()) {
    const Node& node = v.node();
    Value& copy = now[v.id];
    if (node.leaf == Leaf::input) {
      copy = made.input(node.name, node.type);
    } else if (node.leaf == Leaf::state) {
      copy = made.state(node.name, node.type, node.init);
    } else if (node.leaf == Leaf::constant) {
      copy = made.constant({node.type, *node.literal});
    } else {
      std::vector<Value> operands;
      for (Value o : node.operands) operands.push_back(now.at(o.id));
      copy = made.add(*node.op, operands);
    }
    Annotations::set(copy, node.at, node.phase, {}, 0);
  }
  for (const auto& [name, v] : graph.outputs()) made.output(name, now.at(v.id));
  for (const auto& [state, next] : graph.updates()) made.update(now.at(state.id), now.at(next.id));
  return made;
}

}  // namespace vitrine
