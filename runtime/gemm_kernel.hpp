#pragma once
// The innermost loops of a matrix product, for any vector width. Included by the gemm_<isa>.cpp files only: all that
// is code here has internal linkage, because of a shared function the linker would keep one copy, perhaps the one
// that needs AVX-512.
#include "runtime/gemm_block.hpp"

namespace vitrine {
namespace {

/// Where a register block reads A and writes C.
struct RegisterWalk {
  std::size_t segments, depth;  // 1 segment in a plain product
  std::ptrdiff_t a_row, a_segment, a_step, b_step, c_row;
  bool accumulate;
};

/// One register block of C: Rows x (Vectors * width) sums, k ascending, one multiply_add each, so that an element's
/// bits do not depend on the block it lies in. The first `columns` columns are stored; of rows of B that are not
/// `Padded` no more are read.
template <class Simd, int Rows, int Vectors, bool Padded = true>
void multiply_registers(const RegisterWalk& walk, const float* a_begin, const float* b, float* c, std::size_t columns) {
  using Vector = typename Simd::Vector;
  constexpr int width = Simd::width;
  Vector sums[Rows][Vectors] = {};
  const std::ptrdiff_t a_row = walk.a_row;
  const std::ptrdiff_t a_step = walk.a_step;
  const std::ptrdiff_t b_step = walk.b_step;
  constexpr std::size_t before_last = (Vectors - 1) * width;
  const auto last_part = Simd::first(columns - before_last);
  for (std::size_t segment = walk.segments; segment > 0; --segment, a_begin += walk.a_segment) {
    const float* a = a_begin;
    for (std::size_t k = walk.depth; k > 0; --k) {
      Vector b_row[Vectors];
#pragma GCC unroll 8
      for (int v = 0; v < (Padded ? Vectors : Vectors - 1); ++v)
        __builtin_memcpy(&b_row[v], b + v * width, sizeof(Vector));
      if constexpr (!Padded) b_row[Vectors - 1] = Simd::load(last_part, b + before_last);
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r) {
        const Vector a_value = Simd::broadcast(a[r * a_row]);
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) sums[r][v] = Simd::multiply_add(a_value, b_row[v], sums[r][v]);
      }
      a += a_step;
      b += b_step;
    }
  }
  if (columns == static_cast<std::size_t>(Vectors * width)) {
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v) {
        float* at = c + r * walk.c_row + v * width;
        if (walk.accumulate) {
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
    float* row = c + r * walk.c_row;
    for (std::size_t j = 0; j < columns; ++j) row[j] = walk.accumulate ? row[j] + spilled[r][j] : spilled[r][j];
  }
}

using RegisterBlock = void (*)(const RegisterWalk&, const float*, const float*, float*, std::size_t);

/// The function for 1 to Rows rows.
template <class Simd, int Vectors, bool Padded = true, int Rows = Simd::rows> RegisterBlock block_of(std::size_t rows) {
  if constexpr (Rows > 1) {
    if (rows < Rows) return block_of<Simd, Vectors, Padded, Rows - 1>(rows);
  }
  return &multiply_registers<Simd, Rows, Vectors, Padded>;
}

/// The same by what the block has, one vector or two in a row.
template <class Simd> RegisterBlock block_for(std::size_t rows, std::size_t columns, bool padded) {
  const bool one_vector = columns <= Simd::width;
  if (padded) return one_vector ? block_of<Simd, 1>(rows) : block_of<Simd, 2>(rows);
  return one_vector ? block_of<Simd, 1, false>(rows) : block_of<Simd, 2, false>(rows);
}

/// One row by several panels at once: in one alone a sum would wait for its last step, and nothing else to do. The bits
/// are those of a panel by itself.
template <class Simd, int Panels>
void multiply_row(const RegisterWalk& walk, const float* a, const float* b, std::ptrdiff_t b_panel, float* c) {
  using Vector = typename Simd::Vector;
  constexpr int width = Simd::width;
  Vector sums[Panels][2] = {};
  for (std::size_t k = walk.depth; k > 0; --k, a += walk.a_step, b += walk.b_step) {
    const Vector a_value = Simd::broadcast(*a);
#pragma GCC unroll 8
    for (int p = 0; p < Panels; ++p) {
#pragma GCC unroll 2
      for (int v = 0; v < 2; ++v) {
        Vector b_row;
        __builtin_memcpy(&b_row, b + p * b_panel + v * width, sizeof(Vector));
        sums[p][v] = Simd::multiply_add(a_value, b_row, sums[p][v]);
      }
    }
  }
  for (int p = 0; p < Panels; ++p)
    for (int v = 0; v < 2; ++v) {
      float* const at = c + (2 * p + v) * width;
      if (walk.accumulate) {
        Vector before;
        __builtin_memcpy(&before, at, sizeof(Vector));
        sums[p][v] = before + sums[p][v];
      }
      __builtin_memcpy(at, &sums[p][v], sizeof(Vector));
    }
}

/// A column panel stays in the first-level cache while the row panels pass by it.
template <class Simd> void multiply_block(const GemmBlock& block) {
  constexpr std::size_t panel_rows = Simd::rows;
  constexpr std::size_t width = Simd::width;
  constexpr std::size_t panel_columns = 2 * width;
  const std::size_t rows_left_over = block.rows % panel_rows;
  RegisterWalk walk{1, block.depth, block.a_row, 0, block.a_step, block.b_step, block.c_row_stride, block.accumulate};
  const float* b = block.b;
  std::size_t column = 0;
  constexpr std::size_t together = 4;
  for (; block.rows == 1 && block.columns - column >= together * panel_columns; column += together * panel_columns) {
    multiply_row<Simd, together>(walk, block.a, b, block.b_panel, block.c + column);
    b += static_cast<std::ptrdiff_t>(together) * block.b_panel;
  }
  for (; column < block.columns; column += panel_columns, b += block.b_panel) {
    const std::size_t left = block.columns - column;
    const std::size_t columns = left < panel_columns ? left : panel_columns;
    const float* panel = columns < panel_columns ? block.b_edge : b;
    walk.b_step = columns < panel_columns ? block.b_edge_step : block.b_step;
    const bool padded = columns == panel_columns || !block.b_edge_in_place;
    const RegisterBlock full = block_for<Simd>(panel_rows, columns, padded);
    const float* a = block.a;
    float* c = block.c + column;
    for (std::size_t row = panel_rows; row <= block.rows; row += panel_rows) {
      full(walk, a, panel, c, columns);
      a += block.a_panel;
      c += static_cast<std::ptrdiff_t>(panel_rows) * block.c_row_stride;
    }
    if (rows_left_over > 0) block_for<Simd>(rows_left_over, columns, padded)(walk, a, panel, c, columns);
  }
}

/// The rows of a run are cut into register blocks as even as can be: 14 pixels are 7 and 7, not 12 and 2, because a
/// block of few rows waits for its own sums.
template <class Simd> void multiply_runs(const GemmRuns& block) {
  constexpr std::size_t most_rows = Simd::rows;
  constexpr std::size_t width = Simd::width;
  const RegisterWalk walk{block.segments, block.depth,  block.a_row, block.a_segment,
                          block.a_step,   block.b_step, block.c_row, block.accumulate};
  const std::size_t blocks = (block.rows + most_rows - 1) / most_rows;
  if (blocks == 0) return;
  const std::size_t rows = block.rows / blocks, larger = block.rows % blocks;  // so many have a row more
  const float* b = block.b;
  for (std::size_t column = 0; column < block.columns; column += 2 * width, b += block.b_panel) {
    const std::size_t left = block.columns - column;
    const std::size_t columns = left < 2 * width ? left : 2 * width;
    const auto kernel = [&](std::size_t count) { return block_for<Simd>(count, columns, true); };
    const RegisterBlock small = rows > 0 ? kernel(rows) : nullptr;
    const RegisterBlock large = larger > 0 ? kernel(rows + 1) : small;
    for (std::size_t run = 0; run < block.runs; ++run) {
      const float* a = block.a + static_cast<std::ptrdiff_t>(run) * block.a_run;
      float* c = block.c + static_cast<std::ptrdiff_t>(run) * block.c_run + column;
      for (std::size_t i = 0; i < blocks; ++i) {
        const auto count = static_cast<std::ptrdiff_t>(i < larger ? rows + 1 : rows);
        (i < larger ? large : small)(walk, a, b, c, columns);
        a += count * block.a_row;
        c += count * block.c_row;
      }
    }
  }
}

/// A copy of fixed length is a few of the widest moves. A row of few lanes is too short for a core to foresee the next:
/// the one `Ahead` rows further is fetched.
template <std::size_t Lanes, int Ahead>
void pack_rows(const float* from, std::ptrdiff_t stride, std::size_t depth, std::size_t panels, float* to) {
  for (std::size_t k = 0; k < depth; ++k, from += stride, to += Lanes)
    for (std::size_t p = 0; p < panels; ++p) {
      if constexpr (Ahead > 0) __builtin_prefetch(from + Ahead * stride + p * Lanes);
      __builtin_memcpy(to + p * depth * Lanes, from + p * Lanes, Lanes * sizeof(float));
    }
}

template <class Simd> GemmKernels gemm_kernels() {
  constexpr std::size_t rows = Simd::rows, columns = 2 * Simd::width;
  return {rows, columns, &multiply_block<Simd>, &multiply_runs<Simd>, &pack_rows<rows, 16>, &pack_rows<columns, 0>};
}

}  // namespace
}  // namespace vitrine
