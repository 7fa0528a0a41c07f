#include "compiler/lint.hpp"

#include <algorithm>

#include "compiler/optimizers.hpp"

namespace vitrine {

std::string node_name(Value v) {
  const Node& node = v.node();
  if (node.leaf == Leaf::input || node.leaf == Leaf::state) return "'" + node.name + "'";
  return fmt::format("{} (%{})", node.op ? node.op->name() : "constant", v.id);
}

Finding finding_at(std::string_view lint, Value v, std::string why, std::string advice) {
  return {lint, v.id, node_name(v), v.node().at, std::move(why), std::move(advice)};
}

std::string sentence_of(const Finding& f) {
  return fmt::format("lint {}: {}{}{}: {}; {}", f.lint, f.name,
                     f.at.line ? fmt::format(" at {}:{}", f.at.file, f.at.line) : "",
                     f.at.module.empty() ? "" : " in " + f.at.module, f.why, f.advice);
}

Value output_named(const Graph& graph, std::string_view name) {
  for (const auto& [called, v] : graph.outputs())
    if (called == name) return v;
  return {};
}

bool is_forward(const Graph& graph) {
  return std::ranges::all_of(graph.topological(), [](Value v) { return v.node().phase == Phase::forward; });
}

Graph recognized(const Graph& graph) {
  Graph copy(graph);
  if (is_forward(graph)) recognize(copy);
  return copy;
}

std::vector<bool> all_behind(const Graph& graph, std::span<const Value> roots) {
  std::vector<bool> seen(graph.end_of_ids());
  std::vector<Value> open(roots.begin(), roots.end());
  while (!open.empty()) {
    const Value v = open.back();
    open.pop_back();
    if (seen[v.id]) continue;
    seen[v.id] = true;
    open.insert(open.end(), v.operands().begin(), v.operands().end());
  }
  return seen;
}

Findings lint(const Linted& model) {
  Findings found;
  for (const Lint& each : every_lint) each.look(model, found);
  return found;
}

}  // namespace vitrine
