#include "compiler/verify.hpp"

#include <algorithm>
#include <set>

#include "compiler/print.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

[[noreturn]] void broken(const Graph& graph, Value v, const std::string& what) {
  throw InternalError("verify: graph '" + graph.name() + "': " + line_of(v) + ": " + what);
}

bool contains(const std::vector<Value>& values, Value v) { return std::ranges::find(values, v) != values.end(); }

void verify_node(const Graph& graph, Value v, const std::set<std::uint32_t>& before) {
  for (Value operand : v.operands()) {
    if (!graph.find(operand.id)) broken(graph, v, "operand %" + std::to_string(operand.id) + " is dead");
    if (!before.contains(operand.id))
      broken(graph, v, "operand %" + std::to_string(operand.id) + " comes later: a cycle");
    if (!contains(graph.users(operand), v)) broken(graph, v, "no edge mirrors operand " + name_of(operand));
  }
  for (Value user : graph.users(v))
    if (!contains(user.operands(), v))
      broken(graph, v, "an edge leads to " + line_of(user) + ", which does not read it");
  if (!v.op()) return;
  std::vector<Type> in;
  for (Value operand : v.operands()) in.push_back(operand.type());
  const Inferred made = v.op()->type(in);
  if (!made.ok()) broken(graph, v, made.why.str());
  if (made.type != v.type()) broken(graph, v, (Sentence{} << "its op makes " << made.type).str());
}

void verify_names(const Graph& graph, const std::vector<Value>& order) {
  std::map<std::string, std::size_t, std::less<>> sizes;
  for (Value v : order)
    for (const Axis& a : v.type().shape)
      if (a.named() && sizes.try_emplace(std::string(a.label()), a.size).first->second != a.size)
        broken(graph, v, (Sentence{} << "axis " << a.label() << " has two sizes in this graph").str());
}

/// A group runs at one moment: no path may leave it and come back.
void verify_groups(const Graph& graph, const std::vector<Value>& order) {
  std::map<std::uint32_t, std::set<std::uint32_t>> groups_before;  // of a node: groups that some path to it has left
  for (Value v : order) {
    std::set<std::uint32_t>& left = groups_before[v.id];
    for (Value operand : v.operands()) {
      left.insert(groups_before[operand.id].begin(), groups_before[operand.id].end());
      if (operand.node().group && operand.node().group != v.node().group) left.insert(operand.node().group);
    }
    if (v.node().group && left.contains(v.node().group))
      broken(graph, v, "group g" + std::to_string(v.node().group) + " would wait for itself");
  }
}

}  // namespace

void verify(const Graph& graph) {
  const auto order = graph.topological();
  std::set<std::uint32_t> before;
  for (Value v : order) {
    verify_node(graph, v, before);
    before.insert(v.id);
  }
  std::size_t alive = 0;
  for (std::uint32_t id = 0; id < graph.end_of_ids(); ++id) alive += static_cast<bool>(graph.find(id));
  if (alive != order.size()) throw InternalError("verify: graph '" + graph.name() + "' has a cycle");
  verify_names(graph, order);
  verify_groups(graph, order);
  for (const auto& [name, v] : graph.outputs())
    if (!graph.find(v.id)) broken(graph, v, "output '" + name + "' is dead");
  for (const auto& [state, next] : graph.updates())
    if (!graph.find(next.id) || state.type() != next.type())
      broken(graph, state, "its next value is dead or of another type");
}

}  // namespace vitrine
