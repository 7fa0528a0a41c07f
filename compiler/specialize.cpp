#include "compiler/specialize.hpp"

#include <fmt/format.h>

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

/// The name that a size has, or null.
const Axis* find(std::span<const Axis> sizes, const Axis& axis) {
  const auto at = std::ranges::find_if(sizes, [&](const Axis& s) { return axis.named() && s.label() == axis.label(); });
  return at == sizes.end() ? nullptr : &*at;
}

/// Where an op only calls an axis otherwise (time becomes key), the new name gets the old one's size.
std::vector<Axis> with_other_names(const Graph& graph, std::span<const Axis> given, const std::vector<Value>& order) {
  std::vector<Axis> sizes(given.begin(), given.end());
  for (Value v : order) {
    if (!v.op() || !v.op()->info->view || v.operands().size() != 1) continue;
    const Shape &from = v.operands()[0].type().shape, &to = v.type().shape;
    if (!std::ranges::equal(from, to, {}, &Axis::size, &Axis::size)) continue;
    for (int i = 0; i < to.rank(); ++i) {
      const Axis *known = find(sizes, from[i]), *other = find(sizes, to[i]);
      if (!known || !to[i].named()) continue;
      if (other && other->size != known->size)
        throw UsageError(
            fmt::format("specialize: graph '{}' calls axis '{}' also '{}', so they have one size, not {} and {}",
                        graph.name(), known->label(), other->label(), known->size, other->size));
      if (other) continue;
      Axis same = to[i];
      same.size = known->size;
      sizes.push_back(same);
    }
  }
  return sizes;
}
}  // namespace

Graph specialize(const Graph& graph, std::span<const Axis> given) {
  const auto order = graph.topological();
  const std::vector<Axis> sizes = with_other_names(graph, given, order);
  std::vector<AxisChange> changes;
  for (const Axis& s : sizes) changes.push_back({s.label(), s});
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
      copy = made.add(node.op->info->with_axes(node.op->attributes.get(), changes), operands);
    }
    Annotations::set(copy, node.at, node.phase, node.origin, 0);
  }
  for (const auto& [name, v] : graph.outputs()) made.output(name, now.at(v.id));
  for (const auto& [state, next] : graph.updates()) made.update(now.at(state.id), now.at(next.id));
  return made;
}

}  // namespace vitrine
