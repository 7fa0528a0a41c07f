#pragma once
#include "runtime/kernels.hpp"

namespace vitrine {

/// Bytes of workspace for a step whose head is a matmul: its result, if a kernel follows and none of the step's results
/// can hold it, and what gemm packs.
std::size_t gemm_step_workspace(const Step&, Isa);

}  // namespace vitrine
