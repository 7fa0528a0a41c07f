#pragma once
// Scores and sums of a few queries, read from keys and values where they lie: for so few nothing is worth packing. An
// element is one chain of multiply-adds, ascending, from 0, as in the matrix product's loops, so it has their bits.
// Included by the attention_<isa>.cpp files only; all has internal linkage, as in attention_loops.hpp.
#include "runtime/attention_table.hpp"

namespace vitrine {
namespace {

/// Numbers k to k + 3 of Simd::width keys, the first of which is at `key`: in vector i number k + i of all keys, in the
/// order that Simd::in_order undoes. Keys behind the last one that there is are read as that.
template <class Simd, bool Clamped>
[[gnu::always_inline]] inline void four_of_keys(const float* key, std::ptrdiff_t stride, std::size_t last,
                                                typename Simd::Vector (&made)[4]) {
  constexpr std::size_t quarters = Simd::width / 4;
  typename Simd::Vector of[4];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) {
    const auto at = [&](std::size_t quarter) __attribute__((always_inline)) {
      const std::size_t j = i * quarters + quarter;
      return Clamped ? key + static_cast<std::ptrdiff_t>(j < last ? j : last) * stride
                     : key + static_cast<std::ptrdiff_t>(quarter) * stride;
    };
    of[i] = Simd::gather_fours(at);
    if (Clamped) continue;
    key += static_cast<std::ptrdiff_t>(quarters) * stride;
    __asm__("" : "+r"(key));  // else g++ 12 keeps an address for each key, most of them in memory
  }
  const auto low01 = Simd::interleave_low(of[0], of[1]), high01 = Simd::interleave_high(of[0], of[1]);
  const auto low23 = Simd::interleave_low(of[2], of[3]), high23 = Simd::interleave_high(of[2], of[3]);
  made[0] = Simd::low_pairs(low01, low23), made[1] = Simd::high_pairs(low01, low23);
  made[2] = Simd::low_pairs(high01, high23), made[3] = Simd::high_pairs(high01, high23);
}

/// Scores of Rows queries with Groups vectors of keys from number `first` on.
template <class Simd, int Rows, int Groups, bool Clamped>
void score_groups(const FewQueries& work, std::size_t row, std::size_t first) {
  using Vector = typename Simd::Vector;
  constexpr std::size_t width = Simd::width;
  constexpr std::size_t line = 16;  // floats
  Vector sums[Rows][Groups] = {};
  const std::ptrdiff_t stride = work.row_stride, group = static_cast<std::ptrdiff_t>(width) * stride;
  const float* const keys = work.rows + static_cast<std::ptrdiff_t>(first) * stride;
  const float* query[Rows];
  for (std::size_t r = 0; r < Rows; ++r) query[r] = work.query[row + r];
  const auto add = [&](std::size_t k, std::size_t skip) __attribute__((always_inline)) {
    const float* key = keys + k;
#pragma GCC unroll 8
    for (int g = 0; g < Groups; ++g, key += group) {
      Vector four[4];
      four_of_keys<Simd, Clamped>(key, stride, work.last - 1 - first, four);
#pragma GCC unroll 4
      for (std::size_t i = 0; i < 4; ++i) {
        if (i < skip) continue;
#pragma GCC unroll 8
        for (int r = 0; r < Rows; ++r)
          sums[r][g] = Simd::multiply_add(Simd::broadcast(query[r][k + i]), four[i], sums[r][g]);
      }
    }
  };
  std::size_t k = 0;
  for (; k + 4 <= work.columns; k += 4) {
    if (!Clamped && k % line == 0) {  // the same keys of the next block
      const float* next = keys + static_cast<std::ptrdiff_t>(key_block) * stride + k;
      for (std::size_t j = 0; j < Groups * width; ++j, next += stride) __builtin_prefetch(next);
    }
    add(k, 0);
  }
  if (k < work.columns) add(work.columns - 4, 4 - (work.columns - k));
  for (std::size_t r = 0; r < Rows; ++r)
    for (std::size_t g = 0; g < Groups; ++g) {
      const Vector made = Simd::in_order(sums[r][g]);
      __builtin_memcpy(work.scores + (row + r) * key_block + first + g * width, &made, sizeof(made));
    }
}

/// The same for keys too short for that.
template <class Simd> void score_short(const FewQueries& work, std::size_t row) {
  for (std::size_t j = work.first; j < work.last; ++j) {
    float sum = 0.0f;
    const float* const key = work.rows + static_cast<std::ptrdiff_t>(j) * work.row_stride;
    for (std::size_t k = 0; k < work.columns; ++k) sum = Simd::multiply_add(work.query[row][k], key[k], sum);
    work.scores[row * key_block + j] = sum;
  }
}

template <class Simd, int Rows> void score_rows(const FewQueries& work, std::size_t row) {
  constexpr std::size_t width = Simd::width;
  constexpr int groups = Rows * 4 + 4 < Simd::registers ? 4 : 2;
  std::size_t first = work.first / width * width;
  for (; first + groups * width <= work.last; first += groups * width)
    score_groups<Simd, Rows, groups, false>(work, row, first);
  for (; first + width <= work.last; first += width) score_groups<Simd, Rows, 1, false>(work, row, first);
  if (first < work.last) score_groups<Simd, Rows, 1, true>(work, row, first);
}

template <class Simd> void score_few(const FewQueries& work) {
  std::size_t row = 0;
  if (work.columns < 4) {
    for (; row < work.count; ++row) score_short<Simd>(work, row);
    return;
  }
  for (; row + 4 <= work.count; row += 4) score_rows<Simd, 4>(work, row);
  if (row + 2 <= work.count) score_rows<Simd, 2>(work, row), row += 2;
  if (row < work.count) score_rows<Simd, 1>(work, row);
}

/// Sums of Rows rows for Vectors vectors of columns, of which `skip` are somebody else's. Apart: each row has values of
/// its own; taken together none waits for its own sum.
template <class Simd, int Rows, int Vectors, bool Apart>
void add_columns(const FewQueries& work, std::size_t row, std::size_t column, std::size_t skip) {
  using Vector = typename Simd::Vector;
  constexpr std::size_t width = Simd::width;
  Vector sums[Rows][Vectors] = {};
  const float* value = work.rows + static_cast<std::ptrdiff_t>(work.first) * work.row_stride +
                       static_cast<std::ptrdiff_t>(row) * work.apart + column;
  const float* const shares = work.scores + row * key_block;
  for (std::size_t j = work.first; j < work.last; ++j, value += work.row_stride) {
    Vector of[Vectors];
    const float* from = value;
#pragma GCC unroll 4
    for (std::size_t r = 0; r < Rows; ++r, from += work.apart) {
      if (Apart || r == 0)
#pragma GCC unroll 4
        for (std::size_t v = 0; v < Vectors; ++v) __builtin_memcpy(&of[v], from + v * width, sizeof(Vector));
      const Vector share = Simd::broadcast(shares[r * key_block + j]);
#pragma GCC unroll 4
      for (std::size_t v = 0; v < Vectors; ++v) sums[r][v] = Simd::multiply_add(share, of[v], sums[r][v]);
    }
  }
  for (std::size_t r = 0; r < Rows; ++r) {
    float* const out = work.out + (row + r) * work.columns + column;
    if (skip != 0) {
      float made[Vectors * width];
      __builtin_memcpy(made, sums[r], sizeof(made));
      for (std::size_t c = skip; c < Vectors * width; ++c) out[c] = work.accumulate ? out[c] + made[c] : made[c];
      continue;
    }
#pragma GCC unroll 4
    for (std::size_t v = 0; v < Vectors; ++v) {
      Vector before;
      __builtin_memcpy(&before, out + v * width, sizeof(before));
      const Vector made = work.accumulate ? before + sums[r][v] : sums[r][v];
      __builtin_memcpy(out + v * width, &made, sizeof(made));
    }
  }
}

/// The same for rows that are narrower than a vector.
template <class Simd> void add_narrow(const FewQueries& work, std::size_t row) {
  for (std::size_t c = 0; c < work.columns; ++c) {
    float sum = 0.0f;
    const float* value = work.rows + static_cast<std::ptrdiff_t>(work.first) * work.row_stride +
                         static_cast<std::ptrdiff_t>(row) * work.apart + c;
    for (std::size_t j = work.first; j < work.last; ++j, value += work.row_stride)
      sum = Simd::multiply_add(work.scores[row * key_block + j], *value, sum);
    float& out = work.out[row * work.columns + c];
    out = work.accumulate ? out + sum : sum;
  }
}

template <class Simd, int Rows, bool Apart> void add_rows(const FewQueries& work, std::size_t row) {
  constexpr std::size_t width = Simd::width, n = Rows * 4 + 5 < Simd::registers ? 4 : 2;
  std::size_t column = 0;
  for (; column + n * width <= work.columns; column += n * width)
    add_columns<Simd, Rows, n, Apart>(work, row, column, 0);
  if (n == 4 && column + 2 * width <= work.columns)
    add_columns<Simd, Rows, 2, Apart>(work, row, column, 0), column += 2 * width;
  for (; column + width <= work.columns; column += width) add_columns<Simd, Rows, 1, Apart>(work, row, column, 0);
  if (column < work.columns)
    add_columns<Simd, Rows, 1, Apart>(work, row, work.columns - width, width - (work.columns - column));
}

template <class Simd> void add_few(const FewQueries& work) {
  std::size_t row = 0;
  if (work.columns < Simd::width) {
    for (; row < work.count; ++row) add_narrow<Simd>(work, row);
    return;
  }
  if (work.apart != 0) {
    for (; row + 2 <= work.count; row += 2) add_rows<Simd, 2, true>(work, row);
  } else {
    for (; row + 4 <= work.count; row += 4) add_rows<Simd, 4, false>(work, row);
    if (row + 2 <= work.count) add_rows<Simd, 2, false>(work, row), row += 2;
  }
  if (row < work.count) add_rows<Simd, 1, false>(work, row);
}

}  // namespace
}  // namespace vitrine
