#include "tools/value_place.hpp"

#include <algorithm>

namespace vitrine {

namespace {

std::size_t distance(const Lifetime& one, const Lifetime& other) {
  if (other.last <= one.first) return one.first - other.last;
  return other.first >= one.last ? other.first - one.last : 0;
}

}  // namespace

ValuePlace place_of(const Graph& graph, const Plan& plan, Value v) {
  ValuePlace made{.steps = plan.steps.size(), .arena_bytes = plan.arena_bytes};
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    const auto result = std::ranges::find(step.results, v.id, &Slot::value);
    const bool stores = result != step.results.end();
    const bool copies = step.operand_nodes.empty() && !step.operands.empty();
    if (!copies && std::ranges::find(step.nodes, v.id) != step.nodes.end()) {
      const StepFacts facts = facts_of(graph, plan, i);
      made.computed_in.push_back(
          {i, facts.what, step.choice.kernel, step.choice.reason, step.choice.nanoseconds, step.once, stores});
    }
    if (stores && !made.slot) made.slot = *result;
    for (std::size_t k = 0; k < step.operands.size(); ++k) {
      const bool read =
          step.operands[k].value == v.id || (k < step.operand_nodes.size() && step.operand_nodes[k] == v.id);
      if (!read) continue;
      if (made.read_in.empty() || made.read_in.back() != i) made.read_in.push_back(i);
      if (k < step.operand_nodes.size() && step.operand_nodes[k] == v.id && step.operands[k].value != v.id)
        made.is_view = true, made.looks_at = step.operands[k].value;
      if (!made.slot && !made.is_view) {
        made.slot = step.operands[k];
        made.slot->type = v.type();  // who reads it may repeat it
      }
    }
  }
  for (const NamedSlot& output : plan.outputs)
    if (output.slot.value == v.id && !made.slot) made.slot = output.slot;
  for (const Lifetime& life : plan.lifetimes)
    if (life.node == v.id && !life.workspace) made.lifetime = life;
  if (!made.lifetime || made.lifetime->bytes == 0) return made;
  const Lifetime mine = *made.lifetime;
  std::vector<Lifetime> others;
  for (const Lifetime& other : plan.lifetimes) {
    const bool overlaps = other.offset < mine.offset + mine.bytes && mine.offset < other.offset + other.bytes;
    if (overlaps && !(other.node == mine.node && !other.workspace)) others.push_back(other);
  }
  std::ranges::stable_sort(others, {}, [&](const Lifetime& other) { return distance(mine, other); });
  for (const Lifetime& other : others)
    made.shares_with.push_back({other.node, other.workspace, other.offset, other.bytes, other.first, other.last});
  return made;
}

}  // namespace vitrine
