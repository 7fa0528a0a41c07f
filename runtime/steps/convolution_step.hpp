#pragma once
#include "runtime/contraction.hpp"
#include "runtime/kernels.hpp"

namespace vitrine {

/// Bytes of workspace for a step whose head is one of the three convolutions; nothing for another op.
std::optional<std::size_t> convolution_step_workspace(const Step&, Isa);

/// The same for oneDNN; nothing where it has no fast loops for it.
std::optional<std::size_t> onednn_convolution_step_workspace(const Step&);

/// Only for such a step.
Contraction convolution_contraction(const Step&);

}  // namespace vitrine
