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

/// Operand and user, each pair once and sorted: as the nodes say it, and as the edges do.
using Uses = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

void sort(Uses& uses) {
  std::ranges::sort(uses);
  const auto twice = std::ranges::unique(uses);
  uses.erase(twice.begin(), twice.end());
}

bool contains(const Uses& uses, Value operand, Value user) {
  return std::ranges::binary_search(uses, std::pair(operand.id, user.id));
}

/// Only where nodes and edges differ is it worth asking of every node where.
void verify_edges(const Graph& graph, Value v, const Uses& read, const Uses& mirrored) {
  for (Value operand : v.operands())
    if (!contains(mirrored, operand, v)) broken(graph, v, "no edge mirrors operand " + name_of(operand));
  for (Value user : graph.users(v))
    if (!contains(read, v, user)) broken(graph, v, "an edge leads to " + line_of(user) + ", which does not read it");
}

void verify_operands(const Graph& graph, Value v, const std::vector<bool>& before) {
  for (Value operand : v.operands()) {
    if (!graph.find(operand.id)) broken(graph, v, "operand %" + std::to_string(operand.id) + " is dead");
    if (!before[operand.id]) broken(graph, v, "operand %" + std::to_string(operand.id) + " comes later: a cycle");
  }
}

void verify_type(const Graph& graph, Value v) {
  const Node& node = graph.node(v);
  if (!node.op) return;
  std::vector<Type> in;
  in.reserve(node.operands.size());
  for (Value operand : node.operands) in.push_back(operand.type());
  const Inferred made = node.op->type(in);
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

/// Whether the steps can be ordered: each group one, every other node by itself.
bool can_be_ordered(const std::vector<Value>& order, std::uint32_t end_of_ids) {
  std::map<std::uint32_t, std::uint32_t> first_of;  // of each group
  std::vector<std::uint32_t> step(end_of_ids);      // of each node: the first one of its group
  for (Value v : order) step[v.id] = v.node().group ? first_of.try_emplace(v.node().group, v.id).first->second : v.id;
  std::vector<std::vector<std::uint32_t>> after(end_of_ids);
  std::vector<std::size_t> waiting(end_of_ids);
  for (Value v : order)
    for (Value operand : v.operands())
      if (step[operand.id] != step[v.id]) after[step[operand.id]].push_back(step[v.id]), ++waiting[step[v.id]];
  std::vector<std::uint32_t> ready;
  std::size_t steps = 0, ordered = 0;
  for (Value v : order) {
    if (step[v.id] != v.id) continue;
    ++steps;
    if (waiting[v.id] == 0) ready.push_back(v.id);
  }
  for (; !ready.empty(); ++ordered) {
    const std::uint32_t done = ready.back();
    ready.pop_back();
    for (const std::uint32_t next : after[done])
      if (--waiting[next] == 0) ready.push_back(next);
  }
  return ordered == steps;
}

/// A group runs at one moment: no path may leave it and come back. Only where the steps cannot be ordered is it worth
/// asking of every node which groups the paths to it have left.
void verify_groups(const Graph& graph, const std::vector<Value>& order) {
  if (can_be_ordered(order, graph.end_of_ids())) return;
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
  Uses read, mirrored;
  for (Value v : order) {
    for (Value operand : v.operands()) read.emplace_back(operand.id, v.id);
    for (Value user : graph.users(v)) mirrored.emplace_back(v.id, user.id);
  }
  sort(read), sort(mirrored);
  const bool agree = read == mirrored;
  std::vector<bool> before(graph.end_of_ids());
  for (Value v : order) {
    verify_operands(graph, v, before);
    if (!agree) verify_edges(graph, v, read, mirrored);
    verify_type(graph, v);
    before[v.id] = true;
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
