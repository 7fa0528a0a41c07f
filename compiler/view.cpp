#include "compiler/view.hpp"

namespace vitrine {

namespace {

std::size_t at(int axis) { return static_cast<std::size_t>(axis); }

/// The operand's memory with the strides that the walk takes over it.
Slot walked(Slot slot, const Walk& walk, const Type& result) {
  const Slot operand = slot;
  slot.type = result;
  slot.strides = {};
  if (result.shape.elements() == 0) return slot;
  std::ptrdiff_t first = 0;  // the result's first element, counted from the operand's
  for (std::size_t i = 0; i < at(result.shape.rank()); ++i) {
    if (walk[i].axis < 0) continue;
    const std::ptrdiff_t stride = operand.strides[at(walk[i].axis)];
    first += walk[i].begin * stride;
    slot.strides[i] = walk[i].step * stride;
  }
  slot.offset += static_cast<std::size_t>(first) * size_of(result.dtype);  // wraps around where first is below 0
  return slot;
}

/// Axes whose elements follow each other at one stride.
struct Run {
  std::size_t size;
  std::ptrdiff_t stride;
};

/// The operand's axes, innermost first, neighbours joined where they lie densely; axes of size 1 say nothing.
std::vector<Run> runs(const Slot& slot) {
  std::vector<Run> made;
  for (int i = slot.type.shape.rank() - 1; i >= 0; --i) {
    const std::size_t size = slot.type.shape[i].size;
    if (size == 1) continue;
    if (!made.empty() && slot.strides[at(i)] == made.back().stride * static_cast<std::ptrdiff_t>(made.back().size))
      made.back().size *= size;
    else
      made.push_back({size, slot.strides[at(i)]});
  }
  return made;
}

/// Every axis of the result must lie within one run of the operand.
std::optional<Slot> reshaped(Slot slot, const Type& result) {
  std::optional<Slot> none;
  const std::vector<Run> from = runs(slot);
  slot.type = result;
  slot.strides = dense_strides(result.shape);
  if (result.shape.elements() == 0) return slot;
  auto run = from.begin();
  std::size_t left = run == from.end() ? 1 : run->size;
  std::ptrdiff_t stride = run == from.end() ? 1 : run->stride;
  for (int i = result.shape.rank() - 1; i >= 0; --i) {
    const std::size_t size = result.shape[i].size;
    if (size == 1) continue;
    if (left == 1) {
      ++run;
      left = run->size;
      stride = run->stride;
    }
    if (left % size != 0) return none;
    slot.strides[at(i)] = stride;
    stride *= static_cast<std::ptrdiff_t>(size);
    left /= size;
  }
  return slot;
}

}  // namespace

bool is_layout(const Op& op) { return op.info->view || op.info->walk; }

std::optional<Slot> view_of(const Op& layout, const Slot& operand, const Type& result) {
  if (!layout.info->walk) return reshaped(operand, result);
  if (result.dtype != DType::f32) return {};
  return walked(operand, layout.info->walk(layout.attributes.get(), operand.type, result), result);
}

}  // namespace vitrine
