#pragma once
// The innermost loops of a matrix product, for any vector width. Included by the gemm_<isa>.cpp files only: all that
// is code here has internal linkage, because of a shared function the linker would keep one copy, perhaps the one
// that needs AVX-512.
#include "runtime/gemm_block.hpp"

namespace vitrine {
namespace {

/// One register block of C: Rows x (Vectors * width) sums, k ascending, one multiply_add each, so that an element's
/// bits do not depend on the block it lies in. The first `columns` columns are stored.
template <class Simd, int Rows, int Vectors>
void multiply_registers(const GemmBlock& block, const float* a, const float* b, std::ptrdiff_t b_step, float* c,
                        std::size_t columns) {
  using Vector = typename Simd::Vector;
  constexpr int width = Simd::width;
  Vector sums[Rows][Vectors] = {};
  const std::ptrdiff_t a_row = block.a_row;
  const std::ptrdiff_t a_step = block.a_step;
  for (std::size_t k = block.depth; k > 0; --k) {
    Vector b_row[Vectors];
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) __builtin_memcpy(&b_row[v], b + v * width, sizeof(Vector));
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      const Vector a_value = Simd::broadcast(a[r * a_row]);
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v) sums[r][v] = Simd::multiply_add(a_value, b_row[v], sums[r][v]);
    }
    a += a_step;
    b += b_step;
  }
  if (columns == static_cast<std::size_t>(Vectors * width)) {
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v) {
        float* at = c + r * block.c_row_stride + v * width;
        if (block.accumulate) {
          Vector before;
          __builtin_memcpy(&before, at, sizeof(Vector));
          sums[r][v] = before + sums[r][v];
        }
        __builtin_memcpy(at, &sums[r][v], sizeof(Vector));
      }
    }
    return;
  }
  float spilled[Rows][Vectors * width];
  __builtin_memcpy(spilled, sums, sizeof(sums));
  for (int r = 0; r < Rows; ++r) {
    float* row = c + r * block.c_row_stride;
    for (std::size_t j = 0; j < columns; ++j) row[j] = block.accumulate ? row[j] + spilled[r][j] : spilled[r][j];
  }
}

using RegisterBlock = void (*)(const GemmBlock&, const float*, const float*, std::ptrdiff_t, float*, std::size_t);

/// The function for 1 to Rows rows.
template <class Simd, int Vectors, int Rows = Simd::rows> RegisterBlock block_of(std::size_t rows) {
  if constexpr (Rows > 1) {
    if (rows < Rows) return block_of<Simd, Vectors, Rows - 1>(rows);
  }
  return &multiply_registers<Simd, Rows, Vectors>;
}

/// A column panel stays in the first-level cache while the row panels pass by it.
template <class Simd> void multiply_block(const GemmBlock& block) {
  constexpr std::size_t panel_rows = Simd::rows;
  constexpr std::size_t width = Simd::width;
  constexpr std::size_t panel_columns = 2 * width;
  const std::size_t rows_left_over = block.rows % panel_rows;
  const float* b = block.b;
  for (std::size_t column = 0; column < block.columns; column += panel_columns, b += block.b_panel) {
    const std::size_t left = block.columns - column;
    const std::size_t columns = left < panel_columns ? left : panel_columns;
    const float* panel = columns < panel_columns ? block.b_edge : b;
    const std::ptrdiff_t step = columns < panel_columns ? block.b_edge_step : block.b_step;
    const bool one_vector = columns <= width;
    const auto full = one_vector ? &multiply_registers<Simd, Simd::rows, 1> : &multiply_registers<Simd, Simd::rows, 2>;
    const float* a = block.a;
    float* c = block.c + column;
    for (std::size_t row = panel_rows; row <= block.rows; row += panel_rows) {
      full(block, a, panel, step, c, columns);
      a += block.a_panel;
      c += static_cast<std::ptrdiff_t>(panel_rows) * block.c_row_stride;
    }
    if (rows_left_over > 0) {
      const RegisterBlock rest = one_vector ? block_of<Simd, 1>(rows_left_over) : block_of<Simd, 2>(rows_left_over);
      rest(block, a, panel, step, c, columns);
    }
  }
}

template <class Simd> GemmKernels gemm_kernels() { return {Simd::rows, 2 * Simd::width, &multiply_block<Simd>}; }

}  // namespace
}  // namespace vitrine
