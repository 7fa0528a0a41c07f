#pragma once
#include <optional>

#include "runtime/contraction.hpp"
#include "runtime/kernels.hpp"

namespace vitrine {

/// Bytes of workspace for a step whose head is a matmul: its result, if a kernel follows and none of the step's results
/// can hold it, and what gemm packs, which is less where the right operand comes packed.
std::size_t gemm_step_workspace(const Step&, Isa, bool b_is_packed);
/// How the right operand is packed if that is done once: it is one matrix for all batches, and it lasts
/// while the step runs again and again.
Packing gemm_step_packing(const Step&, Isa);
/// The same for the product by oneDNN; nothing where it has no fast loops for it.
std::optional<std::size_t> onednn_gemm_step_workspace(const Step&);

Contraction gemm_contraction(const Step&);

}  // namespace vitrine
