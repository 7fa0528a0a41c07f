#pragma once
// Runs a scalar kernel over whole tensors.
#include <array>
#include <cstddef>
#include <span>

#include "runtime/pool.hpp"
#include "runtime/scalar_code.hpp"

namespace vitrine {

/// A tensor as the kernel walks it: the sizes are those of the iteration, the strides count floats and are 0 along
/// axes where the tensor is broadcast. The first `rank` entries count.
struct FloatView {
  static constexpr std::size_t most_axes = 6;

  float* data;
  int rank;
  std::array<std::size_t, most_axes> sizes;
  std::array<std::ptrdiff_t, most_axes> strides;
};

/// results = kernel(operands), element by element; operands are only read. Every view has the same rank and sizes;
/// rank 0 is one element. A result may be an operand (an update in place), but must not overlap one otherwise, and no
/// result may be broadcast. Chunks depend on the sizes only. Throws InternalError if a view does not fit.
void run_elementwise(Pool& pool, const ScalarCode& code, std::span<const FloatView> operands,
                     std::span<const FloatView> results);

/// The same on the calling thread, for a block of views of rank 2: what a GEMM's epilogue calls.
void run_elementwise_block(const ScalarCode& code, std::span<const FloatView> operands,
                           std::span<const FloatView> results, std::size_t row, std::size_t rows, std::size_t column,
                           std::size_t columns);

}  // namespace vitrine
