#pragma once
// What the per-ISA files of the matrix product offer: plain data, so that they share no function.
#include <cstddef>

namespace vitrine {

/// A block of C += A B (or C = A B) over a range of K. Strides count floats.
struct GemmBlock {
  std::size_t rows, columns, depth;
  // Row r of row panel p at k: a[p * a_panel + r * a_row + k * a_step]; a panel has GemmKernels::rows rows.
  const float* a;
  std::ptrdiff_t a_panel, a_row, a_step;
  // Column j of column panel q at k: b[q * b_panel + j + k * b_step]; a panel has GemmKernels::columns columns.
  const float* b;
  std::ptrdiff_t b_panel, b_step;
  // The last panel if it is not full: padded to a full one, because its rows are read whole.
  const float* b_edge;
  std::ptrdiff_t b_edge_step;
  float* c;
  std::ptrdiff_t c_row_stride;
  bool accumulate;
};

struct GemmKernels {
  std::size_t rows, columns;  // of one register block
  void (*multiply)(const GemmBlock&);
};

GemmKernels gemm_kernels_portable();
GemmKernels gemm_kernels_avx2();
GemmKernels gemm_kernels_avx512();

}  // namespace vitrine
