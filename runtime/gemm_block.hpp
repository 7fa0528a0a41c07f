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
  // The last panel if it is not full: padded to a full one, because its rows are read whole, or as it
  // lies in B, and then no more is read than is there.
  const float* b_edge;
  std::ptrdiff_t b_edge_step;
  bool b_edge_in_place;
  float* c;
  std::ptrdiff_t c_row_stride;
  bool accumulate;
};

/// A block of C += A B (or C = A B) whose A lies in memory as a convolution sees its images: the rows of A come in runs
/// (the pixels of a row of the image), the depth in segments (the rows of the kernel), and they may overlap.
struct GemmRuns {
  std::size_t runs, rows, columns, segments, depth;  // rows of one run, depth of one segment
  // Run i, row r, segment s, k: a[i * a_run + r * a_row + s * a_segment + k * a_step].
  const float* a;
  std::ptrdiff_t a_run, a_row, a_segment, a_step;
  // Column j of column panel q at segment s, k: b[q * b_panel + j + (s * depth + k) * b_step]; whole panels, padded.
  const float* b;
  std::ptrdiff_t b_panel, b_step;
  // Run i, row r, column j: c[i * c_run + r * c_row + j].
  float* c;
  std::ptrdiff_t c_run, c_row;
  bool accumulate;
};

/// Packs whole panels whose lanes lie side by side: row k of panel p, at from[k * stride + p * lanes], goes to
/// to[(p * depth + k) * lanes]. Row by row over all panels, because each row may lie on a page of its own.
using PackRows = void (*)(const float* from, std::ptrdiff_t stride, std::size_t depth, std::size_t panels, float* to);

struct GemmKernels {
  std::size_t rows, columns;  // of one register block
  void (*multiply)(const GemmBlock&);
  void (*multiply_runs)(const GemmRuns&);
  PackRows pack_a, pack_b;  // panels of `rows` lanes, of `columns` lanes
};

GemmKernels gemm_kernels_portable();
GemmKernels gemm_kernels_avx2();
GemmKernels gemm_kernels_avx512();

}  // namespace vitrine
