#pragma once
#include <optional>

#include "runtime/kernels.hpp"
#include "runtime/pooled_gradients.hpp"

namespace vitrine {

/// Bytes of workspace for a step whose head is a gradient through a max pool; nothing for another op.
std::optional<std::size_t> pooled_gradient_step_workspace(const Step&, Isa);

/// What such a step multiplies and adds up.
double pooled_gradient_multiply_adds(const Step&);

}  // namespace vitrine
