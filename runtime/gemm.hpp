#pragma once
// The product of two matrices.
#include <cstddef>
#include <span>

#include "runtime/function_ref.hpp"
#include "runtime/isa.hpp"
#include "runtime/pool.hpp"

namespace vitrine {

/// Element (i, j) is data[i * row_stride + j * column_stride]. Strides count floats and may be anything, 0 included:
/// a transposed matrix is one whose strides are swapped.
struct Matrix {
  const float* data;
  std::ptrdiff_t row_stride, column_stride;
};

/// C[M, N] = A[M, K] B[K, N].
struct GemmSize {
  std::size_t M, N, K;
};

/// Called once for every block of C, on the thread that made it and as soon as it is complete, so that it is still in
/// cache. The blocks tile C.
using GemmEpilogue = FunctionRef<void(std::size_t row, std::size_t rows, std::size_t column, std::size_t columns)>;

/// Bytes of workspace that gemm needs for these sizes and strides (`data` is not read), for any number of threads;
/// fewer where B comes packed.
std::size_t gemm_workspace(Isa isa, GemmSize size, const Matrix& a, const Matrix& b, bool b_is_packed = false);

/// The same for matrices of any strides.
std::size_t gemm_workspace(Isa isa, GemmSize size);

/// B[K, N] in the order in which products read it, for a B that many products read: floats of the copy, and the copy.
/// Every element of `packed` is written; one that begins on a cache line is read fastest.
std::size_t gemm_packed_floats(Isa isa, std::size_t K, std::size_t N);
void gemm_pack(Pool& pool, Isa isa, std::size_t K, std::size_t N, const Matrix& b, float* packed);

/// A multiple of which every block that the epilogue is called for begins at; the last one ends where C does.
std::size_t gemm_chunk_columns(Isa isa, GemmSize size, const Matrix& a);

/// C = A B; C is overwritten, must not overlap A or B, and its columns lie side by side. K = 0 gives zeros.
///
/// Every element is summed in the same order, k ascending in blocks that depend on K only: a row of C has the same
/// bits whatever M is, and all of C has the same bits for every number of threads. On AVX2 and AVX-512 the bits are
/// those of fused multiply-adds, on portable those of a product and a sum.
///
/// `packed_b` is what gemm_pack made of B for this instruction set, and then read in its place, to the same bits; or
/// null.
///
/// Throws InternalError if the workspace is smaller than gemm_workspace says.
void gemm(Pool& pool, Isa isa, GemmSize size, const Matrix& a, const Matrix& b, float* c, std::ptrdiff_t c_row_stride,
          std::span<std::byte> workspace, GemmEpilogue epilogue = {}, const float* packed_b = nullptr);

}  // namespace vitrine
