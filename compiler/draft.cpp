#include "compiler/draft.hpp"

#include "compiler/kernel_of.hpp"
#include "vitrine/ops/rename.hpp"

namespace vitrine {

std::uint32_t Draft::age_of(std::size_t step) const {
  const auto younger = ages.find(step);
  return younger == ages.end() ? plan.steps[step].nodes.front() : younger->second;
}

Slot Draft::add_tensor(std::uint32_t node, const Type& type, std::uint32_t value) {
  const auto index = static_cast<std::uint32_t>(tensors.size());
  tensors.push_back({node, type.bytes()});
  return {.space = Space::arena, .index = index, .type = type, .strides = dense_strides(type.shape), .value = value};
}

Slot Draft::copy(const Slot& from, std::uint32_t node) {
  const Slot to = add_tensor(node, from.type, next_value);
  copy(from, to, node);
  return to;
}

void Draft::copy(const Slot& from, Slot to, std::uint32_t node) {
  to.value = next_value++;
  Step step{.head_type = from.type, .operands = {from}, .results = {to}, .nodes = {node}};
  if (from.type.dtype == DType::f32) {
    step.kernel = copying_kernel();
    step.iteration = from.type.shape;
  } else {
    step.head = Rename{from.type.shape};  // integers and masks are dense, and elementwise kernels know f32 only
    step.head_operands = 1;
  }
  plan.steps.push_back(std::move(step));
}

}  // namespace vitrine
