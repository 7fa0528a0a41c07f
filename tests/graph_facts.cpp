#include "tests/graph_facts.hpp"

#include <algorithm>
#include <set>

namespace vitrine {

void count_facts(const Graph& graph, Tally& tally) {
  std::set<std::string> facts{"graphs"};
  for (Value v : graph.topological()) {
    const Shape& shape = v.type().shape;
    facts.insert(std::string(name_of(v.type().dtype)));
    facts.insert("rank " + std::to_string(shape.rank()));
    for (const Axis& a : shape) {
      if (a.size < 2) facts.insert("an axis of " + std::to_string(a.size));
      if (a.named()) facts.insert("a named axis");
    }
    if (v.node().leaf == Leaf::constant) facts.insert("a constant");
    if (!v.op()) continue;
    facts.insert("op " + std::string(v.op()->name()));
    if (v.op()->info->walk) facts.insert("a view with strides");
    const auto other = [&](Value operand) { return operand.type().shape.elements() != shape.elements(); };
    if (v.op()->info->elementwise() && std::ranges::any_of(v.operands(), other)) facts.insert("a broadcast");
  }
  std::set<std::uint32_t> handed_out;
  for (const auto& [name, v] : graph.outputs()) {
    if (!v.op()) facts.insert("an output that is a leaf");
    if (!handed_out.insert(v.id).second) facts.insert("an output twice");
  }
  if (!graph.updates().empty()) facts.insert("a state with an update");
  for (const std::string& fact : facts) ++tally[fact];
  tally["nodes"] += graph.topological().size();
}

}  // namespace vitrine
