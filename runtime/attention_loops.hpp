#pragma once
// The loops of attention over tiles of scores, for any vector width in floats. Included by the attention_<isa>.cpp
// files only; all has internal linkage, because of a shared function the linker would keep one copy, perhaps the one
// that needs AVX-512. Sums run in the lanes of row_loops.hpp: the bits are the same on every instruction set.
#include "runtime/attention_few_loops.hpp"
#include "runtime/row_loops.hpp"

namespace vitrine {
namespace {

[[gnu::always_inline]] inline bool whole(const TileSpan* span) {
  return !span || (span->first == 0 && span->last == key_block);
}

/// y[j] = what is given where the span has j, else `other`. Given by value: what lies outside may be anything.
[[gnu::always_inline]] inline void select_span(float* y, const TileSpan& span, float other) {
  const auto first = static_cast<unsigned>(span.first), last = static_cast<unsigned>(span.last);
  for (unsigned j = 0; j < key_block; ++j) y[j] = ((j >= first) & (j < last)) ? y[j] : other;
}

/// Combines a vector's two halves, theirs, and so on. By hand: g++ 12 makes single numbers of row_loops.hpp's loop when
/// the row is this short.
template <int Width, class Combine>
[[gnu::always_inline]] inline float halved(typename Lanes<Width>::Vector x, Combine combine) {
  if constexpr (Width == 16)
    return halved<8>(combine(__builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7),
                             __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15)),
                     combine);
  else if constexpr (Width == 8)
    return halved<4>(combine(__builtin_shufflevector(x, x, 0, 1, 2, 3), __builtin_shufflevector(x, x, 4, 5, 6, 7)),
                     combine);
  else
    return combine(combine(x[0], x[2]), combine(x[1], x[3]));
}
/// A row of a tile folded to its first `Count` numbers, of which the vector at s is meant.
template <int Width, std::size_t Count, class Combine>
[[gnu::always_inline]] inline typename Lanes<Width>::Vector folded(const float* s, Combine combine) {
  if constexpr (Count == key_block) {
    typename Lanes<Width>::Vector x;
    __builtin_memcpy(&x, s, sizeof(x));
    return x;
  } else {
    return combine(folded<Width, 2 * Count>(s, combine), folded<Width, 2 * Count>(s + Count, combine));
  }
}
/// A row of a tile combined to one number: what reduce of row_loops.hpp makes of it, to the bit.
template <int Width, class Combine> [[gnu::always_inline]] inline float of_row(const float* s, Combine combine) {
  return halved<Width>(folded<Width, Width>(s, combine), combine);
}

/// e^x for x <= 88, the bits of math::exp; 0 below -87, where that is less than 2e-38.
[[gnu::always_inline]] inline float exp_of_difference(float x) {
  const float y = math::detail::exp_normal(x < -87.0f ? -87.0f : x);
  return x < -87.0f ? 0.0f : y;
}

/// e^x, the bits of math::exp; 0 below -87 and infinity above 88.
[[gnu::always_inline]] inline float exp_of_share(float x) {
  const float y = exp_of_difference(x > 88.0f ? 88.0f : x);
  return x > 88.0f ? math::detail::infinity : y;
}

/// The columns of a row that something is computed for: its span, rounded out to whole groups of 16.
struct Columns {
  std::size_t first, last;
};
[[gnu::always_inline]] inline Columns columns_of(const TileSpan* span) {
  if (whole(span)) return {0, key_block};
  return {span->first / 16 * 16, (span->last + 15) / 16 * 16};
}

/// Rows that are taken together through each of weigh's loops: the sum of one row waits for its last step, those of
/// several do not wait for each other.
constexpr std::size_t rows_together = 16;

template <int Width> void weigh(const TileOfScores& tile, const RowsRead& read) {
  for (std::size_t first = 0; first < tile.rows; first += rows_together) {
    const std::size_t rows = tile.rows - first < rows_together ? tile.rows - first : rows_together;
    float* const scores = tile.scores + first * key_block;
    float *const top = read.top + first, *const sums = read.sum + first;
    float shift[rows_together] = {}, factor[rows_together] = {};
    for (std::size_t r = 0; r < rows; ++r) {
      float* const s = scores + r * key_block;
      for (std::size_t j = 0; j < key_block; ++j) s[j] *= tile.scale;
      const TileSpan* const span = tile.spans ? tile.spans + first + r : nullptr;
      if (!whole(span)) select_span(s, *span, -math::detail::infinity);
      const float here = of_row<Width>(
          s, [](auto a, auto b) __attribute__((always_inline)) { return a > b ? a : b; });
      const float now = top[r] > here ? top[r] : here;
      // Where nothing was looked at, or all scores are -infinity, every difference to the largest would be NaN.
      shift[r] = now == -math::detail::infinity ? 0.0f : now;
      factor[r] = top[r] - shift[r];
      top[r] = now;
    }
    for (std::size_t r = 0; r < rows_together; ++r) factor[r] = exp_of_difference(factor[r]);
    for (std::size_t r = 0; r < rows; ++r) {
      float* const s = scores + r * key_block;
      const float less = shift[r];
      const Columns columns = columns_of(tile.spans ? tile.spans + first + r : nullptr);
      for (std::size_t j = 0; j < columns.first; ++j) s[j] = 0.0f;
      for (std::size_t group = columns.first; group < columns.last; group += 16)
        for (std::size_t j = group; j < group + 16; ++j) s[j] = exp_of_difference(s[j] - less);
      for (std::size_t j = columns.last; j < key_block; ++j) s[j] = 0.0f;
    }
    for (std::size_t r = 0; r < rows; ++r) {
      const float here = of_row<Width>(
          scores + r * key_block, [](auto a, auto b) __attribute__((always_inline)) { return a + b; });
      float* const out = read.out ? read.out + (first + r) * read.wide : nullptr;
      if (out && factor[r] != 1.0f && sums[r] != 0.0f)
        for (std::size_t c = 0; c < read.wide; ++c) out[c] *= factor[r];
      sums[r] = sums[r] * factor[r] + here;
    }
  }
}

template <int Width> void finish(std::size_t rows, const RowsRead& read, float* logsumexp) {
  for (std::size_t r = 0; r < rows; ++r) {
    const float factor = 1.0f / read.sum[r];
    if (read.out)
      for (std::size_t c = 0; c < read.wide; ++c) read.out[r * read.wide + c] *= factor;
    // Of scores that are all -infinity the definition makes NaN.
    if (logsumexp) logsumexp[r] = read.sum[r] == 0.0f ? __builtin_nanf("") : math::log(read.sum[r]) + read.top[r];
  }
}

template <int Width> void share(const TileOfScores& tile, const float* logsumexp, const float* mean, float* dp) {
  for (std::size_t r = 0; r < tile.rows; ++r) {
    float *const s = tile.scores + r * key_block, *const d = dp + r * key_block;
    const float shift = logsumexp[r], less = mean[r], scale = tile.scale;
    const TileSpan* const span = tile.spans ? tile.spans + r : nullptr;
    const Columns columns = columns_of(span);
    for (std::size_t group = columns.first; group < columns.last; group += 16) {
#ifdef __clang__
#pragma clang loop vectorize(assume_safety)
#else
#pragma GCC ivdep
#endif
      for (std::size_t j = group; j < group + 16; ++j) {
        const float p = exp_of_share(s[j] * scale - shift);
        s[j] = p;
        d[j] = scale * (p * (d[j] - less));
      }
    }
    if (!whole(span)) select_span(s, *span, 0.0f), select_span(d, *span, 0.0f);
  }
}

template <int Width> float dot(const float* x, const float* y, std::size_t n) {
  using Vector = typename Lanes<Width>::Vector;
  constexpr std::size_t vectors = Lanes<Width>::vectors;
  Vector partial[vectors] = {};
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes)
#pragma GCC unroll 8
    for (std::size_t v = 0; v < vectors; ++v) {
      Vector a, b;
      __builtin_memcpy(&a, x + i + v * Width, sizeof(Vector));
      __builtin_memcpy(&b, y + i + v * Width, sizeof(Vector));
      partial[v] += a * b;
    }
  if (i < n) {
    float lane[lanes];
    __builtin_memcpy(lane, partial, sizeof(lane));
    for (std::size_t j = 0; i + j < n; ++j) lane[j] += x[i + j] * y[i + j];
    __builtin_memcpy(partial, lane, sizeof(lane));
  }
#pragma GCC unroll 4
  for (std::size_t half = vectors / 2; half > 0; half /= 2)
#pragma GCC unroll 4
    for (std::size_t v = 0; v < half; ++v) partial[v] += partial[v + half];
  return halved<Width>(
      partial[0], [](auto a, auto b) __attribute__((always_inline)) { return a + b; });
}

template <int Width> bool finite(const float* x, std::size_t n) {
  float bad = 0.0f;
  for (std::size_t i = 0; i < n; ++i) bad = x[i] - x[i] == 0.0f ? bad : 1.0f;
  return bad == 0.0f;
}

template <class Simd> constexpr AttentionTable make_attention_table() {
  constexpr int width = Simd::width;
  return {&weigh<width>, &finish<width>, &share<width>, &dot<width>, &finite<width>, &score_few<Simd>, &add_few<Simd>};
}

}  // namespace
}  // namespace vitrine
