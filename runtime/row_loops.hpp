#pragma once
// The loops of the row kernels, for any vector width in floats. Included by the row_kernels_<isa>.cpp files only; all
// has internal linkage, because of a shared function the linker would keep one copy, perhaps the one that needs
// AVX-512. Reductions are written with vectors by hand: g++ 12 vectorises them three times worse by itself.
#include "runtime/row_table.hpp"
#include "vitrine/math.hpp"

namespace vitrine {
namespace {

constexpr int lanes = 32;

template <int Width> struct Lanes {
  using Vector [[gnu::vector_size(Width * sizeof(float))]] = float;
  static constexpr int vectors = lanes / Width;
};

/// Combines n numbers into lanes and the lanes into one, with vectors and single floats by the same rule.
template <int Width, class Combine>
[[gnu::always_inline]] inline float reduce(const float* x, std::size_t n, float start, Combine combine) {
  using Vector = typename Lanes<Width>::Vector;
  constexpr int vectors = Lanes<Width>::vectors;
  alignas(64) float lane[lanes];
  Vector partial[vectors];
  for (int v = 0; v < vectors; ++v) partial[v] = start - Vector{};
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) {
      Vector next;
      __builtin_memcpy(&next, x + i + static_cast<std::size_t>(v * Width), sizeof(Vector));
      partial[v] = combine(partial[v], next);
    }
  }
  __builtin_memcpy(lane, partial, sizeof(lane));
  for (std::size_t j = 0; i + j < n; ++j) lane[j] = combine(lane[j], x[i + j]);
#pragma GCC unroll 8
  for (int half = lanes / 2; half > 0; half /= 2) {
#pragma GCC unroll 32
    for (int j = 0; j < half; ++j) lane[j] = combine(lane[j], lane[j + half]);
  }
  return lane[0];
}

template <int Width> float sum(const float* x, std::size_t n) {
  return reduce<Width>(
      x, n, 0.0f, [](auto a, auto b) __attribute__((always_inline)) { return a + b; });
}

template <int Width> float largest(const float* x, std::size_t n) {
  return reduce<Width>(
      x, n, -math::detail::infinity, [](auto a, auto b) __attribute__((always_inline)) { return a > b ? a : b; });
}

template <int Width> float exp_and_sum(const float* x, float shift, float* y, std::size_t n) {
  constexpr std::size_t stretch = 1024;  // still in the first-level cache when it is summed
  float total = 0.0f;
  for (std::size_t first = 0; first < n; first += stretch) {
    const std::size_t count = n - first < stretch ? n - first : stretch;
    const float* const from = x + first;
    float* const to = y + first;
#ifdef __clang__
#pragma clang loop vectorize(assume_safety)
#else
#pragma GCC ivdep
#endif
    for (std::size_t i = 0; i < count; ++i) to[i] = math::exp(from[i] - shift);
    total += sum<Width>(to, count);
  }
  return total;
}

template <int Width> void scale(float* y, float factor, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] *= factor;
}

template <int Width>
void sum_columns(const float* x, std::size_t row_stride, std::size_t rows, std::size_t columns, float* sums) {
  constexpr std::size_t block_rows = 128;  // partial sums: the rounding error of a long column stays small
  constexpr std::size_t block_columns = 64;
  for (std::size_t column = 0; column < columns; column += block_columns) {
    const std::size_t count = columns - column < block_columns ? columns - column : block_columns;
    float total[block_columns] = {};
    for (std::size_t first = 0; first < rows; first += block_rows) {
      const std::size_t last = rows - first < block_rows ? rows : first + block_rows;
      float partial[block_columns] = {};
      for (std::size_t row = first; row < last; ++row) {
        const float* const from = x + row * row_stride + column;
        for (std::size_t j = 0; j < count; ++j) partial[j] += from[j];
      }
      for (std::size_t j = 0; j < block_columns; ++j) total[j] += partial[j];
    }
    for (std::size_t j = 0; j < count; ++j) sums[column + j] = total[j];
  }
}

template <int Width> constexpr RowTable make_row_table() {
  return {&largest<Width>, &sum<Width>, &exp_and_sum<Width>, &scale<Width>, &sum_columns<Width>};
}

}  // namespace
}  // namespace vitrine
