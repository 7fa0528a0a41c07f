#pragma once
// Which nodes a step is made of: what passes that form steps, or get the graph ready for them, ask of a node.
#include <algorithm>
#include <optional>

#include "compiler/units.hpp"

namespace vitrine {

/// Whether a kernel can compute it: kernels compute in f32, and a mask lives only between them.
inline bool computes_numbers(Value v) {
  const auto fits = [](const Type& t) { return t.dtype == DType::f32 || t.dtype == DType::boolean; };
  return v.op() && v.op()->info->elementwise() && fits(v.type()) &&
         std::ranges::all_of(v.operands(), [&](Value o) { return fits(o.type()); });
}
inline bool can_lead(Value v) { return v.op() && v.op()->info->leads; }
inline bool can_sink(Value v) { return v.op() && v.op()->info->sinks != Sinking::none; }
/// A sum, mean or maximum over whole axes at one side, which the step of what it reads can take as it is made.
inline bool can_reduce_in_step(Value v) {
  return v.op() && v.op()->info->sinks == Sinking::reduces && axes_reduced(v).has_value();
}
inline bool is_mask(Value v) { return v.type().dtype == DType::boolean; }

}  // namespace vitrine
