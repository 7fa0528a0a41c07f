#include "compiler/compile.hpp"

#include "compiler/check_plan.hpp"
#include "compiler/memory_plan.hpp"
#include "compiler/once.hpp"
#include "compiler/order_steps.hpp"
#include "compiler/planted.hpp"
#include "compiler/repeat_steps.hpp"
#include "compiler/steps.hpp"
#include "compiler/sweeps.hpp"
#include "compiler/updates.hpp"

namespace vitrine {

namespace {

/// A head whose kernel wants dense operands gets copies of those that are not.
void make_dense_where_wanted(Draft& draft, const Target& target) {
  const std::size_t steps = draft.plan.steps.size();
  for (std::size_t i = 0; i < steps; ++i) {
    if (!draft.plan.steps[i].head || !target.choose(draft.plan.steps[i]).dense_operands) continue;
    for (std::size_t k = 0; k < draft.plan.steps[i].head_operands; ++k) {
      const Slot operand = draft.plan.steps[i].operands[k];
      if (is_dense(operand)) continue;
      const Slot dense = draft.copy(operand, operand.value);
      draft.plan.steps[i].operands[k] = dense;
    }
  }
}

void choose_kernels(Draft& draft, const Target& target) {
  for (Step& step : draft.plan.steps) {
    step.choice = target.choose(step);
    if (step.choice.workspace == 0) continue;
    const Type bytes{DType::u8, Shape{} << step.choice.workspace};
    step.workspace = draft.add_tensor(step.nodes.back(), bytes, draft.next_value++);
    draft.tensors.back().workspace = true;
  }
}

}  // namespace

Plan compile(const Graph& graph, const Target& target) {
  Draft draft = draft_steps(graph);
  make_dense_where_wanted(draft, target);
  commit_updates(draft, target);
  mark_once(draft);
  choose_kernels(draft, target);
  pack_once(draft);
  repeat_steps(draft, target);
  order_steps(draft);
  Plan plan = place_in_arena(std::move(draft));
  mark_sweeps(plan);
  if (planted().plan) planted().plan(plan);
  check_plan(plan);
  return plan;
}

}  // namespace vitrine
