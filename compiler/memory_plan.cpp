#include "compiler/memory_plan.hpp"

#include <fmt/format.h>

#include <numeric>

#include "compiler/byte_text.hpp"
#include "compiler/placement.hpp"

namespace vitrine {

Plan place_in_arena(Draft draft) {
  Plan& plan = draft.plan;
  StepNumbers order(plan.steps.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const Lifetimes lifetimes = lifetimes_of(draft, order);
  plan.lower_bound = lifetimes.most_alive();
  const Placement placement = best_placement(lifetimes.blocks, plan.lower_bound);
  plan.arena_bytes = placement.bytes;
  plan.planner = placement.planner;

  const auto offset_of = [&](std::size_t tensor) {
    const auto block = lifetimes.tensors[tensor].block;
    return block ? placement.offsets[*block] : 0;
  };
  const auto place = [&](Slot& slot) {
    if (slot.space != Space::arena) return;
    slot.offset += offset_of(slot.index);
    slot.index = 0;
  };
  for (Step& step : plan.steps) {
    for (Slot& slot : step.operands) place(slot);
    for (Slot& slot : step.results) place(slot);
    if (step.workspace) place(*step.workspace);
    if (step.packed) place(*step.packed);
  }
  for (NamedSlot& output : plan.outputs) place(output.slot);
  for (std::size_t t = 0; t < draft.tensors.size(); ++t)
    if (const Lifetimes::Life& life = lifetimes.tensors[t]; life.used)
      plan.lifetimes.push_back({draft.tensors[t].node, draft.tensors[t].workspace, offset_of(t), draft.tensors[t].bytes,
                                life.first, life.last});
  return std::move(draft.plan);
}

std::string memory_summary(const Plan& plan) {
  std::string made = fmt::format("arena {}, lower bound {}", byte_text(plan.arena_bytes), byte_text(plan.lower_bound));
  if (plan.lower_bound)
    made += fmt::format(" ({:+.1f} %)",
                        100 * (static_cast<double>(plan.arena_bytes) / static_cast<double>(plan.lower_bound) - 1));
  if (!plan.planner.empty()) made += fmt::format(", placed {}", plan.planner);
  return made;
}

}  // namespace vitrine
