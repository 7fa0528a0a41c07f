#include "compiler/specialize.hpp"

#include <algorithm>

#include "compiler/annotations.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {
Type resized(Type type, std::span<const Axis> sizes) {
  for (Axis& a : type.shape.axes)
    for (const Axis& s : sizes)
      if (a.named() && a.label() == s.label()) a.size = s.size;
  return type;
}
}  // namespace

Graph specialize(const Graph& graph, std::span<const Axis> sizes) {
  const auto order = graph.topological();
  for (const Axis& s : sizes) {
    const bool occurs = std::ranges::any_of(order, [&](Value v) {
      return std::ranges::any_of(v.type().shape, [&](const Axis& a) { return a.named() && a.label() == s.label(); });
    });
    if (!occurs)
      throw UsageError("specialize: no tensor of graph '" + graph.name() + "' has an axis named '" +
                       std::string(s.label()) + "'");
  }
  Graph made(graph.name());
  std::map<std::uint32_t, Value> now;
  for (Value v : order) {
    const Node& node = v.node();
    made.take_id(v.id);
    Value& copy = now[v.id];
    if (node.leaf == Leaf::input)
      copy = made.input(node.name, resized(node.type, sizes));
    else if (node.leaf == Leaf::state)
      copy = made.state(node.name, resized(node.type, sizes), node.init);
    else if (node.leaf == Leaf::constant)
      copy = made.constant({node.type, *node.literal});
    else {
      std::vector<Value> operands;
      for (Value o : node.operands) operands.push_back(now.at(o.id));
      copy = made.add(node.op->info->resize(node.op->attributes.get(), sizes), operands);
    }
    Annotations::set(copy, node.at, node.phase, node.origin, 0);
  }
  for (const auto& [name, v] : graph.outputs()) made.output(name, now.at(v.id));
  for (const auto& [state, next] : graph.updates()) made.update(now.at(state.id), now.at(next.id));
  return made;
}

}  // namespace vitrine
