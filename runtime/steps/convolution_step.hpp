#pragma once
#include "runtime/contraction.hpp"
#include "runtime/convolution.hpp"
#include "runtime/kernels.hpp"
#include "runtime/provider.hpp"

namespace vitrine {

/// Which of the three convolutions, and of what.
struct Convolution {
  Contraction::Form form;
  ConvolutionSize size;
};

/// Nothing for a step whose head is another op.
std::optional<Convolution> convolution_of(const Step&);

/// Bytes of workspace for a step whose head is one of the three convolutions; nothing for another op.
std::optional<std::size_t> convolution_step_workspace(const Step&, Isa);

/// The same for oneDNN; nothing where it has no fast loops for it.
std::optional<std::size_t> onednn_convolution_step_workspace(const Step&);

/// Only for such a step.
Contraction convolution_contraction(const Step&);

/// Whether a convolution whose sinks pool its images hands over one after the other, so that none is stored: there are
/// images enough, and the kernel does the same at every pixel.
bool pools_by_image(const Step&);
std::unique_ptr<PreparedStep> prepare_pooled_convolution(const Step&, const Machine&, Provider);

}  // namespace vitrine
