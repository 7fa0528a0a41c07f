// A parameter that the loss is not made of, or only by ops that have no derivative, stays as it began.
//   loss = mean(f(x, %up)), and nothing reads %down          => 'down'
//   loss = mean(gather(%table, argmax(matmul(x, %up))))      => 'up': an index has no derivative
#include <algorithm>

#include "compiler/gradients.hpp"
#include "compiler/lint.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// Why a parameter gets no gradient; empty if it does.
std::string complaint_of(const Graph& graph, std::span<const std::string> parameters) {
  Graph copy(graph);
  std::vector<Value> wanted;
  for (const std::string& name : parameters) wanted.push_back(copy.find(name));
  try {
    gradients(output_named(copy, "loss"), wanted);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

/// Those that something of the graph is made of, but by no differentiable way.
void look_for_gradients(const Graph& graph, std::span<const std::string> parameters, Findings& found) {
  const Value loss = output_named(graph, "loss");
  if (!loss || loss.type() != Type{} || complaint_of(graph, parameters).empty()) return;
  for (const std::string& name : parameters) {
    const std::string why = complaint_of(graph, std::array{name});
    const std::size_t advice = why.rfind("; "), begin = why.find(": ");
    if (why.empty() || advice == why.npos || begin >= advice) continue;
    std::string reason = why.substr(begin + 2, advice - begin - 2);
    const std::string itself = node_name(graph.find(name));  // the finding has named it already
    if (reason.starts_with(itself)) reason.replace(0, itself.size(), "it");
    found.push_back(finding_at("unreachable_parameter", graph.find(name), reason, why.substr(advice + 2)));
  }
}

}  // namespace

void unreachable_parameter(const Linted& model, Findings& found) {
  const Graph& graph = model.graph;
  std::vector<Value> roots;
  const Value loss = output_named(graph, "loss");
  for (const auto& [name, v] : graph.outputs())
    if (!loss || v == loss) roots.push_back(v);
  for (const auto& [state, next] : graph.updates())
    if (!loss) roots.push_back(next);
  const std::vector<bool> behind = all_behind(graph, roots);
  std::vector<std::string> reached;
  for (Value v : graph.topological()) {
    // What a graph updates itself is no parameter: a running mean, or all of them once a training step is made.
    if (v.node().leaf != Leaf::state || v.type().dtype != DType::f32 || graph.next(v)) continue;
    if (behind[v.id])
      reached.push_back(v.node().name);
    else
      found.push_back(
          finding_at("unreachable_parameter", v,
                     std::string(loss ? "the loss is not" : "no output is") + " made of it, so that it can never learn",
                     "use it in the model or take it out"));
  }
  look_for_gradients(graph, reached, found);
}

}  // namespace vitrine
