#pragma once
// Layout ops that only look at their operand in another way say so by a walk: strides over the operand's memory.
#include "vitrine/type.hpp"

namespace vitrine {

/// How one axis of a result walks its operand: element i of it is element begin + i * step along the operand's `axis`.
/// An axis below 0 stays where it is: it repeats.
struct AxisWalk {
  int axis = -1;
  std::ptrdiff_t begin = 0, step = 0;
};
/// One entry for each axis of the result. Axes of the operand that no entry names have size 1 or stay at their first
/// element.
using Walk = std::array<AxisWalk, Shape::max_rank>;

}  // namespace vitrine
