#include "tools/step_checker.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/print.hpp"
#include "compiler/rewrite_trial.hpp"
#include "compiler/rounding.hpp"
#include "tools/step_values.hpp"

namespace vitrine {

StepChecker::StepChecker(const Graph& graph, const Values<float>& leaves)
    : graph_(graph), moment_(graph), values_(leaves) {}

/// The value of a node: what a step made of it, or for one that is only a view, by its definition.
const std::vector<std::byte>& StepChecker::value_of(std::uint32_t id) {
  if (const auto known = values_.find(id); known != values_.end()) return known->second;
  const Value v = graph_.find(id);
  if (v.node().leaf == Leaf::constant) return values_[id] = *v.node().literal;
  Values<float> leaves;
  for (Value o : v.operands()) leaves[o.id] = value_of(o.id);
  return values_[id] = evaluate<float>(cut_out(graph_, moment_, {id}, {id}, "view"), leaves).at(id);
}

void StepChecker::before(const Step& step, const Memory& memory) {
  if (found_) return;
  for (const Slot& slot : step.operands) {
    const auto made = made_.find(slot.value);
    if (made == made_.end() || dense_bytes(made->second.slot, memory) == made->second.memory) continue;
    found_ = {step.nodes.empty() ? slot.value : step.nodes.back(),
              fmt::format("its step reads %{} where another step has written since", slot.value)};
    return;
  }
}

void StepChecker::after(const Step& step, const Memory& memory) {
  if (found_) return;
  ++steps_;
  for (const Slot& slot : step.results) made_[slot.value] = {slot, dense_bytes(slot, memory)};
  const std::set<std::uint32_t> nodes(step.nodes.begin(), step.nodes.end());
  std::vector<std::uint32_t> results;
  for (const Slot& slot : step.results)
    if (nodes.contains(slot.value)) results.push_back(slot.value);
  if (results.empty()) return;  // a copy of the plan's own: who reads it is held to the value that was copied
  const Graph alone = cut_out(graph_, moment_, nodes, results, "step");
  Values<float> leaves;
  for (Value v : alone.topological())
    if (!v.op() && v.node().leaf != Leaf::constant) leaves[v.id] = value_of(v.id);
  const auto exact = roundings(alone, widened(alone, leaves));
  for (const std::uint32_t id : results) {
    const Type type = graph_.find(id).type();
    values_[id] = made_.at(id).memory;
    const Deviation off = deviation(type, exact.at(id), values_[id]);
    elements_ += type.shape.elements();
    worst_ = std::max(worst_, off.share);
    if (!off.what.empty() && !found_)
      found_ = {id, fmt::format("kernel '{}': element {} {}", step.choice.kernel, off.at, off.what)};
  }
}

std::optional<StepChecker::Finding> StepChecker::finding(const Values<float>& handed_out) const {
  if (found_) return found_;
  for (const auto& [id, bytes] : handed_out) {
    const auto known = values_.find(id);
    if (known == values_.end()) continue;
    const std::string off = first_difference(graph_.find(id).type(), known->second, bytes);
    if (!off.empty()) return Finding{id, "what is handed out in the end is not what its step made: " + off};
  }
  return {};
}

}  // namespace vitrine
