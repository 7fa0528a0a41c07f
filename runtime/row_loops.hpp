#pragma once
// The loops of the row kernels, for any vector width in floats. Included by the row_kernels_<isa>.cpp files only; all
// has internal linkage, because of a shared function the linker would keep one copy, perhaps the one that needs
// AVX-512. Reductions are written with vectors by hand: g++ 12 vectorises them three times worse by itself.
#include "runtime/lane_block.hpp"
#include "runtime/row_table.hpp"
#include "vitrine/math.hpp"

namespace vitrine {
namespace {

constexpr int lanes = 32;

template <int Width> struct Lanes {
  using Vector [[gnu::vector_size(Width * sizeof(float))]] = float;
  static constexpr int vectors = lanes / Width;
};

/// The halves of a vector, combined, and so on until one number is left.
template <int Width, class Combine>
[[gnu::always_inline]] inline float merge_halves(typename Lanes<Width>::Vector v, Combine combine) {
  if constexpr (Width == 4) {
    return combine(combine(float{v[0]}, float{v[2]}), combine(float{v[1]}, float{v[3]}));
  } else {
    typename Lanes<Width / 2>::Vector half[2];
    __builtin_memcpy(half, &v, sizeof v);
    return merge_halves<Width / 2>(combine(half[0], half[1]), combine);
  }
}
/// The same of all lanes: lane j and lane j + 16, then j and j + 8, ...
template <int Width, class Combine>
[[gnu::always_inline]] inline float merge_lanes(typename Lanes<Width>::Vector (&v)[Lanes<Width>::vectors],
                                                Combine combine) {
#pragma GCC unroll 4
  for (int half = Lanes<Width>::vectors / 2; half > 0; half /= 2)
#pragma GCC unroll 4
    for (int i = 0; i < half; ++i) v[i] = combine(v[i], v[i + half]);
  return merge_halves<Width>(v[0], combine);
}

/// The same, one number after the other: where lanes were just written singly, vectors would have to wait for them.
template <class Combine> [[gnu::always_inline]] inline float merge_lanes(float (&lane)[lanes], Combine combine) {
#pragma GCC unroll 8
  for (int half = lanes / 2; half > 0; half /= 2) {
#pragma GCC unroll 32
    for (int j = 0; j < half; ++j) lane[j] = combine(lane[j], lane[j + half]);
  }
  return lane[0];
}

/// Combines f(x) for n numbers into lanes and the lanes into one, with vectors and single floats by the same rule.
template <int Width, class Combine, class F>
[[gnu::always_inline]] inline float reduce(const float* x, std::size_t n, float start, Combine combine, F f) {
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
      partial[v] = combine(partial[v], f(next));
    }
  }
  if (i == n) return merge_lanes<Width>(partial, combine);
  __builtin_memcpy(lane, partial, sizeof(lane));
  for (std::size_t j = 0; i + j < n; ++j) lane[j] = combine(lane[j], f(x[i + j]));
  return merge_lanes(lane, combine);
}

template <int Width> float sum(const float* x, std::size_t n) {
  return reduce<Width>(
      x, n, 0.0f, [](auto a, auto b) __attribute__((always_inline)) { return a + b; },
      [](auto a) __attribute__((always_inline)) { return a; });
}

template <int Width> float sum_of_squares(const float* x, std::size_t n) {
  return reduce<Width>(
      x, n, 0.0f, [](auto a, auto b) __attribute__((always_inline)) { return a + b; },
      [](auto a) __attribute__((always_inline)) { return a * a; });
}

template <int Width> float largest(const float* x, std::size_t n) {
  return reduce<Width>(
      x, n, -math::detail::infinity, [](auto a, auto b) __attribute__((always_inline)) { return a > b ? a : b; },
      [](auto a) __attribute__((always_inline)) { return a; });
}

/// e^x for x <= 0, the bits of math::exp down to -87.6; where a float would be subnormal it is 0: exp_normal's power of
/// two has no bits left there. A NaN stays one.
constexpr float least_exponent = -88.0f;
[[gnu::always_inline]] inline float exp_of_negative(float x) {
  return math::detail::exp_normal(x < least_exponent ? least_exponent : x);
}

/// How many vectors of exponentials run in step: as many as have room in the registers.
template <int Width> constexpr int vectors_in_step = Width == 16 ? 8 : 4;

/// y = exp_of_negative(x - shift) for Count vectors, the first of them number `first`; each is added to its lanes.
template <int Width, int Count>
[[gnu::always_inline]] inline void exp_and_add(const float* x, float shift, float* y, int first,
                                               typename Lanes<Width>::Vector (&partial)[Lanes<Width>::vectors]) {
  using Block = FloatBlock<Width, Count>;
  const Block made = math::detail::exp_normal(each<Block>([&](int i) __attribute__((always_inline)) {
    typename Block::Vector next;
    __builtin_memcpy(&next, x + i * Width, sizeof next);
    const typename Block::Vector shifted = next - shift;
    return shifted < least_exponent ? least_exponent - typename Block::Vector{} : shifted;
  }));
  __builtin_memcpy(y, made.vectors, sizeof made.vectors);
#pragma GCC unroll 8
  for (int i = 0; i < Count; ++i) partial[(first + i) % Lanes<Width>::vectors] += made.vectors[i];
}

/// The same for numbers [at, last) as far as Count vectors, or all lanes, fit; returns how far it came. Fetches what
/// lies as far into `next`: it is needed afterwards.
template <int Width, int Count>
[[gnu::always_inline]] inline std::size_t exp_and_add_all(
    const float* x, float shift, float* y, std::size_t at, std::size_t last, const float* next,
    typename Lanes<Width>::Vector (&partial)[Lanes<Width>::vectors]) {
  constexpr int together = Count * Width < lanes ? lanes : Count * Width;
  for (; at + together <= last; at += together) {
#pragma GCC unroll 8
    for (int line = 0; line < together; line += 16) __builtin_prefetch(next + at + line);
#pragma GCC unroll 8
    for (int first = 0; first < together; first += Count * Width)
      exp_and_add<Width, Count>(x + at + first, shift, y + at + first, first / Width, partial);
  }
  return at;
}

/// Lane by lane as `reduce` adds them up, in stretches.
template <int Width> float exp_and_sum(const float* x, float shift, float* y, std::size_t n, const float* next) {
  constexpr std::size_t stretch = 1024;
  constexpr int in_step = vectors_in_step<Width>;
  float total = 0.0f;
  for (std::size_t first = 0; first < n; first += stretch) {
    const std::size_t last = n - first < stretch ? n : first + stretch;
    typename Lanes<Width>::Vector partial[Lanes<Width>::vectors] = {};
    std::size_t i = exp_and_add_all<Width, in_step>(x, shift, y, first, last, next, partial);
    if constexpr (in_step * Width > lanes)
      i = exp_and_add_all<Width, lanes / Width>(x, shift, y, i, last, next, partial);
    const auto add = [](auto a, auto b) __attribute__((always_inline)) { return a + b; };
    if (i == last) {
      total += merge_lanes<Width>(partial, add);
    } else {
      alignas(64) float lane[lanes];
      __builtin_memcpy(lane, partial, sizeof(lane));
      for (std::size_t j = 0; i + j < last; ++j) lane[j] += y[i + j] = exp_of_negative(x[i + j] - shift);
      total += merge_lanes(lane, add);
    }
  }
  return total;
}

template <int Width> void scale(const float* x, float factor, float* y, std::size_t n) {
#ifdef __clang__
#pragma clang loop vectorize(assume_safety)
#else
#pragma GCC ivdep
#endif
  for (std::size_t i = 0; i < n; ++i) y[i] = x[i] * factor;
}

template <int Width> void subtract(const float* x, float first, float second, float* y, std::size_t n) {
#ifdef __clang__
#pragma clang loop vectorize(assume_safety)
#else
#pragma GCC ivdep
#endif
  for (std::size_t i = 0; i < n; ++i) y[i] = (x[i] - first) - second;
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

/// `lanes` blocks of Philox at once, counter word by counter word: the loops over lanes are what vectorises.
[[gnu::always_inline]] inline void philox_blocks(const std::uint32_t* counter, const std::uint32_t* key,
                                                 std::uint32_t (&words)[4][lanes]) {
  for (std::uint32_t i = 0; i < lanes; ++i) {
    words[0][i] = counter[0] + i;
    for (int k = 1; k < 4; ++k) words[k][i] = counter[k];
  }
  std::uint32_t key0 = key[0], key1 = key[1];
  for (int round = 0; round < 10; ++round, key0 += 0x9E3779B9, key1 += 0xBB67AE85)
    for (int i = 0; i < lanes; ++i) {
      const std::uint64_t a = std::uint64_t{0xD2511F53} * words[0][i], b = std::uint64_t{0xCD9E8D57} * words[2][i];
      words[0][i] = static_cast<std::uint32_t>(b >> 32) ^ words[1][i] ^ key0;
      words[1][i] = static_cast<std::uint32_t>(b);
      words[2][i] = static_cast<std::uint32_t>(a >> 32) ^ words[3][i] ^ key1;
      words[3][i] = static_cast<std::uint32_t>(a);
    }
}

template <int Width>
void dropout(const float* x, float factor, const std::uint32_t* counter, const std::uint32_t* key, std::uint32_t least,
             float* y, std::size_t n) {
  std::uint32_t words[4][lanes];
  std::uint32_t drawn[4 * lanes];  // by element
  std::uint32_t now[4] = {counter[0], counter[1], counter[2], counter[3]};
  for (std::size_t first = 0; first < n; first += 4 * lanes, now[0] += lanes) {
    philox_blocks(now, key, words);
    for (int i = 0; i < lanes; ++i)
      for (int k = 0; k < 4; ++k) drawn[4 * i + k] = words[k][i] >> 8;
    const std::size_t count = n - first < 4 * lanes ? n - first : 4 * lanes;
#ifdef __clang__
#pragma clang loop vectorize(assume_safety)
#else
#pragma GCC ivdep
#endif
    for (std::size_t i = 0; i < count; ++i) {
      const float scaled = x[first + i] * factor;
      y[first + i] = drawn[i] >= least ? scaled : 0.0f;
    }
  }
}

template <int Width> constexpr RowTable make_row_table() {
  return {&largest<Width>, &sum<Width>,      &sum_of_squares<Width>, &exp_and_sum<Width>,
          &scale<Width>,   &subtract<Width>, &dropout<Width>};
}

}  // namespace
}  // namespace vitrine
