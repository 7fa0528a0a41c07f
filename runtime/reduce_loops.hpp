#pragma once
// The loops of the reductions, for any vector width in floats. Included by the reduce_<isa>.cpp files only; all has
// internal linkage, as in row_loops.hpp, from which the sums come.
#include <type_traits>

#include "runtime/reduce_table.hpp"
#include "runtime/row_loops.hpp"

namespace vitrine {
namespace {

/// math::maximum, for a float or a vector: NaN if either is, and +0 of +0 and -0.
struct Maximum {
  template <class V> [[gnu::always_inline]] inline V operator()(V a, V b) const {
    if constexpr (std::is_same_v<V, float>) {
      return math::maximum(a, b);
    } else {
      const auto equal = a == b, take_b = (b > a) | (b != b);
      using Bits = std::remove_cv_t<decltype(equal)>;
      const Bits both = __builtin_bit_cast(Bits, a) & __builtin_bit_cast(Bits, b);
      const V larger = take_b ? b : a;
      return equal ? __builtin_bit_cast(V, both) : larger;
    }
  }
};

template <int Width> float sum_of_row(const float* x, float, std::size_t n) { return sum<Width>(x, n); }

template <int Width> float maximum_of_row(const float* x, float, std::size_t n) {
  return reduce<Width>(
      x, n, -math::detail::infinity, Maximum{}, [](auto a) __attribute__((always_inline)) { return a; });
}

template <int Width> float squares_of_row(const float* x, float shift, std::size_t n) {
  return reduce<Width>(
      x, n, 0.0f, [](auto a, auto b) __attribute__((always_inline)) { return a + b; },
      [shift](auto a) __attribute__((always_inline)) { return (a - shift) * (a - shift); });
}

/// Columns in blocks of 64, rows in blocks of 128: begin, then add(partial, element, shift) for each row of a block,
/// then merge(total, partial).
template <class Add, class Merge>
[[gnu::always_inline]] inline void reduce_columns(const float* x, std::size_t row_stride, std::size_t rows,
                                                  std::size_t columns, const float* shifts, float* y, float begin,
                                                  Add add, Merge merge) {
  constexpr std::size_t block_rows = 128, block_columns = 64;
  for (std::size_t column = 0; column < columns; column += block_columns) {
    const std::size_t count = columns - column < block_columns ? columns - column : block_columns;
    float total[block_columns], partial[block_columns], shift[block_columns] = {};
    for (std::size_t j = 0; j < block_columns; ++j) total[j] = begin;
    for (std::size_t j = 0; shifts && j < count; ++j) shift[j] = shifts[column + j];
    for (std::size_t first = 0; first < rows; first += block_rows) {
      const std::size_t last = rows - first < block_rows ? rows : first + block_rows;
      for (std::size_t j = 0; j < block_columns; ++j) partial[j] = begin;
      for (std::size_t row = first; row < last; ++row) {
        const float* const from = x + row * row_stride + column;
        for (std::size_t j = 0; j < count; ++j) partial[j] = add(partial[j], from[j], shift[j]);
      }
      for (std::size_t j = 0; j < block_columns; ++j) total[j] = merge(total[j], partial[j]);
    }
    for (std::size_t j = 0; j < count; ++j) y[column + j] = total[j];
  }
}

template <int Width>
void sum_of_columns(const float* x, std::size_t row_stride, std::size_t rows, std::size_t columns, const float*,
                    float* y) {
  sum_columns<Width>(x, row_stride, rows, columns, y);
}
template <int Width>
void maximum_of_columns(const float* x, std::size_t row_stride, std::size_t rows, std::size_t columns, const float*,
                        float* y) {
  reduce_columns(
      x, row_stride, rows, columns, nullptr, y, -math::detail::infinity,
      [](float a, float b, float) __attribute__((always_inline)) { return math::maximum(a, b); },
      [](float a, float b) __attribute__((always_inline)) { return math::maximum(a, b); });
}
template <int Width>
void squares_of_columns(const float* x, std::size_t row_stride, std::size_t rows, std::size_t columns,
                        const float* shifts, float* y) {
  reduce_columns(
      x, row_stride, rows, columns, shifts, y, 0.0f,
      [](float a, float b, float shift) __attribute__((always_inline)) { return a + (b - shift) * (b - shift); },
      [](float a, float b) __attribute__((always_inline)) { return a + b; });
}

template <int Width, class Combine>
[[gnu::always_inline]] inline void reduce_lanes(const float* x, std::size_t rows, float* y, Combine combine) {
  constexpr int vectors = Lanes<Width>::vectors;
  for (std::size_t row = 0; row < rows; ++row, x += lanes) {
    typename Lanes<Width>::Vector v[vectors];
    __builtin_memcpy(v, x, sizeof v);
    y[row] = merge_lanes<Width>(v, combine);
  }
}
template <int Width> void sums_of_lanes(const float* x, std::size_t rows, float* y) {
  reduce_lanes<Width>(
      x, rows, y, [](auto a, auto b) __attribute__((always_inline)) { return a + b; });
}
template <int Width> void maxima_of_lanes(const float* x, std::size_t rows, float* y) {
  reduce_lanes<Width>(x, rows, y, Maximum{});
}

template <int Width> constexpr ReduceTable make_reduce_table() {
  return {{&sum_of_row<Width>, &sum_of_columns<Width>, &sums_of_lanes<Width>},
          {&maximum_of_row<Width>, &maximum_of_columns<Width>, &maxima_of_lanes<Width>},
          {&squares_of_row<Width>, &squares_of_columns<Width>, &sums_of_lanes<Width>}};
}

}  // namespace
}  // namespace vitrine
