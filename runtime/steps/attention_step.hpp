#pragma once
#include <optional>

#include "runtime/attention.hpp"
#include "runtime/memory.hpp"

namespace vitrine {

/// An operand f32[batch axes ..., head, row, column] where it lies.
HeadRows head_rows(const Memory&, const Slot&);

/// Bytes of workspace for a step of attention or its derivatives, or nothing if it is another.
std::optional<std::size_t> attention_step_workspace(const Step&);

/// Whether its kernel wants dense operands: where the last axis of one is strided.
bool attention_wants_dense(const Step&);

/// What the step multiplies and adds up.
double attention_multiply_adds(const Step&);

}  // namespace vitrine
