#include "runtime/kernel_part.hpp"

namespace vitrine {

FloatView view_over(const Shape& iteration, const Slot& slot) {
  FloatView view{.data = nullptr, .rank = iteration.rank(), .sizes = {}, .strides = {}};
  const int lacking = iteration.rank() - slot.type.shape.rank();  // negative: leading axes of size 1
  for (int i = 0; i < iteration.rank(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    view.sizes[at] = iteration[i].size;
    if (i >= lacking && slot.type.shape[i - lacking].size > 1)
      view.strides[at] = slot.strides[static_cast<std::size_t>(i - lacking)];
  }
  return view;
}

std::optional<std::size_t> home_of_head(const Step& step) {
  for (std::size_t i = 0; i < step.own_results(); ++i)
    if (step.results[i].space == Space::arena && is_dense(step.results[i])) return i;
  return {};
}

float* head_result(const Step& step, const Memory& memory) {
  if (!step.kernel) return memory.floats(step.results[0]);
  if (const auto home = home_of_head(step)) return memory.floats(step.results[*home]);
  return step.workspace ? memory.floats(*step.workspace) : nullptr;  // there is none for a head without elements
}

KernelPart::KernelPart(const Step& step, Isa isa) : step_(step), code_(*step.kernel, isa) {
  if (step.head) {
    Slot head{.type = step.head_type};
    head.strides = dense_strides(head.type.shape);
    operands_.push_back(view_over(step.iteration, head));
  }
  for (std::size_t k = step.head_operands; k < step.operands.size(); ++k)
    operands_.push_back(view_over(step.iteration, step.operands[k]));
  for (std::size_t i = 0; i < step.own_results(); ++i) results_.push_back(view_over(step.iteration, step.results[i]));
}

void KernelPart::place(const Memory& memory, float* head_result) {
  std::size_t at = 0;
  if (step_.head) operands_[at++].data = head_result;
  for (std::size_t k = step_.head_operands; k < step_.operands.size(); ++k)
    operands_[at++].data = memory.floats(step_.operands[k]);
  for (std::size_t i = 0; i < results_.size(); ++i) results_[i].data = memory.floats(step_.results[i]);
  if (step_.sinks.empty()) work_.emplace(code_, operands_, results_);
}

}  // namespace vitrine
