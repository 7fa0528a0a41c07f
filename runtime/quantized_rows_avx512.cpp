// AVX-512: rows of numbers become rows of bytes. A code of 16 bits is 256 * upper + lower, the lower byte without a
// sign and the upper one with it, and rows of lower bytes lie before those of upper ones.
#include <immintrin.h>

#include "runtime/quantized_table.hpp"
#include "vitrine/quantized.hpp"

namespace vitrine {
namespace {

using Whole = __m512i;
using Real = __m512;

/// Instructions are asked for by mask: without one the compiler warns of its own header.
constexpr __mmask16 all_lanes = 0xffff;

/// The first `count` lanes, all of them for 16 and more.
[[gnu::always_inline]] inline __mmask16 first_lanes(std::size_t count) {
  return static_cast<__mmask16>(count >= 16 ? 0xffffu : (1u << count) - 1);
}

template <int Half> [[gnu::always_inline]] inline __m256i half_of(Whole x) {
  return _mm512_maskz_extracti64x4_epi64(0xff, x, Half);
}

[[gnu::always_inline]] inline std::int32_t sum_of(Whole x) {
  const __m256i eight = _mm256_add_epi32(half_of<0>(x), half_of<1>(x));
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
  four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1)));
}

/// Of magnitudes without NaN, which as whole numbers have the same order.
[[gnu::always_inline]] inline float largest_of(Real x) {
  const Whole bits = _mm512_castps_si512(x);
  const __m256i eight = _mm256_max_epi32(half_of<0>(bits), half_of<1>(bits));
  __m128i four = _mm_max_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
  four = _mm_max_epi32(four, _mm_shuffle_epi32(four, 0x4e));
  four = _mm_max_epi32(four, _mm_shuffle_epi32(four, 0xb1));
  return _mm_cvtss_f32(_mm_castsi128_ps(four));
}

/// The largest magnitude, NaN where one is NaN or infinite.
float largest_of_row(const float* x, std::size_t count) {
  constexpr std::size_t together = 4;  // so that no lane waits for what came just before
  Real largest[together] = {}, broken[together] = {};
  const auto look = [&](Real here, std::size_t i) {
    largest[i] = _mm512_maskz_max_ps(all_lanes, _mm512_abs_ps(here), largest[i]);
    broken[i] = _mm512_fmadd_ps(here, _mm512_setzero_ps(), broken[i]);
  };
  std::size_t at = 0;
  for (; at + 16 * together <= count; at += 16 * together)
#pragma GCC unroll 4
    for (std::size_t i = 0; i < together; ++i) look(_mm512_loadu_ps(x + at + 16 * i), i);
  for (; at < count; at += 16) look(_mm512_maskz_loadu_ps(first_lanes(count - at), x + at), 0);
  for (std::size_t i = 1; i < together; ++i) {
    largest[0] = _mm512_maskz_max_ps(all_lanes, largest[0], largest[i]);
    broken[0] = _mm512_add_ps(broken[0], broken[i]);
  }
  return _mm512_cmp_ps_mask(broken[0], broken[0], _CMP_UNORD_Q) == 0 ? largest_of(largest[0]) : __builtin_nanf("");
}

/// Sixteen numbers as codes: of a row that is taken for 0 or NaN the inverse is 0, and elsewhere no product is larger
/// than the largest code.
[[gnu::always_inline]] inline Whole codes_of(Real x, Real inverse) {
  return _mm512_maskz_cvtps_epi32(all_lanes, _mm512_mul_ps(x, inverse));
}
template <bool Wide> [[gnu::always_inline]] inline void count_codes(Whole codes, Whole& all, Whole& lower) {
  all = _mm512_add_epi32(all, codes);
  if constexpr (Wide) lower = _mm512_add_epi32(lower, _mm512_and_si512(codes, _mm512_set1_epi32(255)));
}
[[gnu::always_inline]] inline __m128i lower_bytes(Whole codes) { return _mm512_maskz_cvtepi32_epi8(all_lanes, codes); }
[[gnu::always_inline]] inline __m128i upper_bytes(Whole codes) {
  return lower_bytes(_mm512_maskz_srai_epi32(all_lanes, codes, 8));
}

/// Codes of a run of numbers, and 0 up to `room`; adds them, and their lower bytes, to sums.
template <bool Wide>
[[gnu::always_inline]] inline void code_run(const float* x, std::size_t count, std::size_t room, Real inverse,
                                            std::uint8_t* to, std::size_t plane, Whole& all, Whole& lower) {
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const Whole codes = codes_of(_mm512_loadu_ps(x + i), inverse);
    count_codes<Wide>(codes, all, lower);
    if constexpr (Wide) _mm_storeu_si128(reinterpret_cast<__m128i*>(to + plane + i), upper_bytes(codes));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), lower_bytes(codes));
  }
  if (i == room) return;
  const Whole codes = codes_of(_mm512_maskz_loadu_ps(first_lanes(count > i ? count - i : 0), x + i), inverse);
  count_codes<Wide>(codes, all, lower);
  const __mmask16 places = first_lanes(room - i);
  if constexpr (Wide) _mm_mask_storeu_epi8(to + plane + i, places, upper_bytes(codes));
  _mm_mask_storeu_epi8(to + i, places, lower_bytes(codes));
}

template <bool Wide> void code_rows_of(const RowsToCode& of) {
  const std::size_t groups = of.of.groups, plane = of.codes_row / (Wide ? 2 : 1);
  for (std::size_t r = 0; r < of.rows; ++r) {
    const float* x = of.x + static_cast<std::ptrdiff_t>(r) * of.x_row;
    std::uint8_t* to = of.codes + r * of.codes_row;
    std::int32_t* sums = of.sums + r * 2 * groups;
    const float largest = largest_of_row(x, of.K);
    const RowScale scale = row_scale(largest, of.most);
    const float inverse = scale.inverse;
    const bool sound = inverse != 0.f;
    of.scales[r] = scale.scale / static_cast<float>(of.steps);
    if (!sound) {
      for (std::size_t i = 0; i < of.codes_row; ++i) to[i] = 0;
      for (std::size_t g = 0; g < 2 * groups; ++g) sums[g] = 0;
      continue;
    }
    const Real factor = _mm512_set1_ps(inverse);
    for (std::size_t g = 0; g < groups; ++g, sums += 2) {
      const std::size_t lines = g + 1 < groups ? of.of.lines : of.of.last_lines;
      const std::size_t count = g + 1 < groups ? of.group : of.K - g * of.group;
      const std::size_t first = of.halves ? (count + 1) / 2 : count;
      Whole all = _mm512_setzero_si512(), lower = _mm512_setzero_si512();
      code_run<Wide>(x, first, 4 * lines, factor, to, plane, all, lower);
      to += 4 * lines;
      if (of.halves) {
        code_run<Wide>(x + first, count - first, 4 * lines, factor, to, plane, all, lower);
        to += 4 * lines;
      }
      x += count;
      const std::int32_t sum = sum_of(all);
      std::uint32_t begin = static_cast<std::uint32_t>(-of.zero * sum);
      // Bytes of weights are 128 less where they are multiplied by lower bytes.
      if (Wide && !of.halves) begin += 128 * static_cast<std::uint32_t>(sum_of(lower));
      sums[0] = static_cast<std::int32_t>(begin);
      sums[1] = -sum;
    }
  }
}

}  // namespace

void code_rows_avx512(const RowsToCode& of, bool wide) { wide ? code_rows_of<true>(of) : code_rows_of<false>(of); }

}  // namespace vitrine
