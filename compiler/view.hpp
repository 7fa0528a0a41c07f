#pragma once
#include <optional>

#include "vitrine/plan.hpp"

namespace vitrine {

/// Whether an op only moves elements about, so that its result may be a view of its operand: it keeps their order, as
/// rename and reshape do, or says by a walk how it looks at them (vitrine/walk.hpp).
bool is_layout(const Op&);

/// The operand's memory read as the result of a layout op, or nothing where strides cannot say it: a reshape across
/// axes that do not lie densely, and any walk over integers or masks (their kernels want dense tensors).
std::optional<Slot> view_of(const Op& layout, const Slot& operand, const Type& result);

}  // namespace vitrine
