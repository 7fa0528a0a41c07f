// AVX-512 with VNNI: an instruction multiplies 4 bytes without a sign by 4 with one and adds up, for 16 columns.
#include <immintrin.h>

#include <type_traits>

#include "runtime/quantized_table.hpp"

namespace vitrine {
namespace {

using Whole = __m512i;
using Real = __m512;

/// Instructions are asked for by mask: without one the compiler warns of its own header.
constexpr __mmask16 all_lanes = 0xffff;

/// A code of 16 bits is 256 * upper + lower, the lower byte without a sign and the upper one with it. Rows lie as two
/// rows of bytes, lower and upper; a row of 8 bits is one row of bytes with a sign.
///
/// Weights are bytes without a sign for what has one in the row. For the lower bytes they must have the sign instead,
/// and are 128 less: what lacks is in the number that the sum begins with.
[[gnu::always_inline]] inline Whole broadcast(const std::uint8_t* four) {
  std::int32_t bytes;
  __builtin_memcpy(&bytes, four, sizeof bytes);
  return _mm512_set1_epi32(bytes);
}

/// `Rows` rows (of `Digits` rows of bytes each) times 16 * Vectors columns, over all groups.
template <int Rows, int Vectors, int Digits, bool FourBits, bool Zeros>
void multiply_rows(const PanelProduct& p, std::size_t first) {
  const std::uint8_t* panel = p.panel;
  const std::size_t plane = p.codes_row / Digits;
  const std::uint8_t* row[Rows];
  for (int r = 0; r < Rows; ++r) row[r] = p.codes + (first + static_cast<std::size_t>(r)) * p.codes_row;
  const std::int32_t* sum = p.sums + first * 2 * p.of.groups;
  const std::size_t sums_row = 2 * p.of.groups;
  const Whole low = _mm512_set1_epi8(15), sign = _mm512_set1_epi8(-128);
  Real made[Rows][Vectors];
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < Vectors; ++v) made[r][v] = _mm512_setzero_ps();
  for (std::size_t g = 0; g < p.of.groups; ++g, sum += 2) {
    const std::size_t lines = g + 1 < p.of.groups ? p.of.lines : p.of.last_lines;
    const std::uint8_t* const scales = panel;
    panel += 32 * Vectors;
    Whole whole[Rows][Digits][Vectors];
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      Whole zeros{};
      if constexpr (Zeros)
        zeros = _mm512_maskz_cvtepu8_epi32(all_lanes, _mm_loadu_si128(reinterpret_cast<const __m128i*>(panel + 16 * v)));
#pragma GCC unroll 8
      for (int r = 0; r < Rows; ++r) {
        whole[r][0][v] = _mm512_set1_epi32(sum[static_cast<std::size_t>(r) * sums_row]);
        if constexpr (Zeros)
          whole[r][0][v] = _mm512_add_epi32(
              whole[r][0][v],
              _mm512_mullo_epi32(zeros, _mm512_set1_epi32(sum[static_cast<std::size_t>(r) * sums_row + 1])));
        if constexpr (Digits == 2) whole[r][1][v] = _mm512_setzero_si512();
      }
    }
    if constexpr (Zeros) panel += 16 * Vectors;
    const auto add = [&](const Whole(&weights)[Vectors], std::ptrdiff_t at, auto digit) {
#pragma GCC unroll 8
      for (int r = 0; r < Rows; ++r) {
        const Whole x = broadcast(row[r] + static_cast<std::ptrdiff_t>(digit * plane) + at);
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v)
          whole[r][digit][v] = Digits == 2 && digit == 0 ? _mm512_dpbusd_epi32(whole[r][digit][v], x, weights[v])
                                                         : _mm512_dpbusd_epi32(whole[r][digit][v], weights[v], x);
      }
    };
    const std::ptrdiff_t half = static_cast<std::ptrdiff_t>(4 * lines);
    for (std::size_t line = 0; line < lines; ++line, panel += 64 * Vectors) {
      const auto at = static_cast<std::ptrdiff_t>(4 * line);
      Whole weights[Vectors];
      const auto load = [&](int v) { return _mm512_loadu_si512(panel + 64 * v); };
      if constexpr (FourBits) {
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) weights[v] = _mm512_and_si512(load(v), low);
        add(weights, at, std::integral_constant<int, Digits - 1>());
        if constexpr (Digits == 2) add(weights, at, std::integral_constant<int, 0>());
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) weights[v] = _mm512_and_si512(_mm512_maskz_srli_epi16(0xffffffffu, load(v), 4), low);
        add(weights, at + half, std::integral_constant<int, Digits - 1>());
        if constexpr (Digits == 2) add(weights, at + half, std::integral_constant<int, 0>());
      } else {
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) weights[v] = load(v);
        add(weights, at, std::integral_constant<int, Digits - 1>());
        if constexpr (Digits == 2) {
#pragma GCC unroll 8
          for (int v = 0; v < Vectors; ++v) weights[v] = _mm512_xor_si512(weights[v], sign);
          add(weights, at, std::integral_constant<int, 0>());
        }
      }
    }
    for (int r = 0; r < Rows; ++r) row[r] += FourBits ? 2 * half : half;
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(scales + 32 * v));
      const Real scale = _mm512_castsi512_ps(_mm512_maskz_slli_epi32(all_lanes, _mm512_maskz_cvtepu16_epi32(all_lanes, halves), 16));
#pragma GCC unroll 8
      for (int r = 0; r < Rows; ++r) {
        Whole all = whole[r][0][v];
        if constexpr (Digits == 2) all = _mm512_add_epi32(all, _mm512_maskz_slli_epi32(all_lanes, whole[r][1][v], 8));
        made[r][v] = _mm512_fmadd_ps(_mm512_maskz_cvtepi32_ps(all_lanes, all), scale, made[r][v]);
      }
    }
  }
  for (int r = 0; r < Rows; ++r) {
    const std::size_t at = first + static_cast<std::size_t>(r);
    const Real scale = _mm512_set1_ps(p.scales[at]);
    float* const to = p.c + static_cast<std::ptrdiff_t>(at) * p.c_row;
    for (int v = 0; v < Vectors; ++v) {
      const std::size_t left = p.columns - 16 * static_cast<std::size_t>(v);
      const auto lanes = static_cast<__mmask16>(left >= 16 ? 0xffffu : (1u << left) - 1);
      _mm512_mask_storeu_ps(to + 16 * v, lanes, _mm512_mul_ps(made[r][v], scale));
    }
  }
}

template <int Vectors, int Digits, bool FourBits, bool Zeros> void multiply_panel(const PanelProduct& p) {
  constexpr int most = 6 / Digits;
  std::size_t row = 0;
  for (; row + most <= p.rows; row += most) multiply_rows<most, Vectors, Digits, FourBits, Zeros>(p, row);
  switch (p.rows - row) {
    case 5:
      if constexpr (most > 5) multiply_rows<5, Vectors, Digits, FourBits, Zeros>(p, row);
      break;
    case 4:
      if constexpr (most > 4) multiply_rows<4, Vectors, Digits, FourBits, Zeros>(p, row);
      break;
    case 3:
      if constexpr (most > 3) multiply_rows<3, Vectors, Digits, FourBits, Zeros>(p, row);
      break;
    case 2: multiply_rows<2, Vectors, Digits, FourBits, Zeros>(p, row); break;
    case 1: multiply_rows<1, Vectors, Digits, FourBits, Zeros>(p, row); break;
    default: break;
  }
}

template <int Digits, bool FourBits, bool Zeros> void multiply_vectors(const PanelProduct& p) {
  switch (p.vectors) {
    case 1: return multiply_panel<1, Digits, FourBits, Zeros>(p);
    case 2: return multiply_panel<2, Digits, FourBits, Zeros>(p);
    case 3: return multiply_panel<3, Digits, FourBits, Zeros>(p);
    default: return multiply_panel<4, Digits, FourBits, Zeros>(p);
  }
}

template <int Digits, bool FourBits> void multiply_zeros(const PanelProduct& p, bool zeros) {
  zeros ? multiply_vectors<Digits, FourBits, true>(p) : multiply_vectors<Digits, FourBits, false>(p);
}

void multiply(const PanelProduct& p, QuantizedForm form) {
  if (form.wide_rows)
    form.four_bits ? multiply_zeros<2, true>(p, form.zeros) : multiply_zeros<2, false>(p, form.zeros);
  else
    form.four_bits ? multiply_zeros<1, true>(p, form.zeros) : multiply_zeros<1, false>(p, form.zeros);
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
  Real largest = _mm512_setzero_ps(), broken = _mm512_setzero_ps();
  for (std::size_t i = 0; i < count; i += 16) {
    const auto lanes = static_cast<__mmask16>(count - i >= 16 ? 0xffffu : (1u << (count - i)) - 1);
    const Real here = _mm512_maskz_loadu_ps(lanes, x + i);
    largest = _mm512_maskz_max_ps(all_lanes, _mm512_abs_ps(here), largest);
    broken = _mm512_fmadd_ps(here, _mm512_setzero_ps(), broken);
  }
  return _mm512_cmp_ps_mask(broken, broken, _CMP_UNORD_Q) == 0 ? largest_of(largest) : __builtin_nanf("");
}

/// Codes of a run of numbers, and 0 up to `room`; adds them, and their lower bytes, to sums.
template <bool Wide>
void code_run(const float* x, std::size_t count, std::size_t room, float inverse, std::uint8_t* to, std::size_t plane,
              Whole& all, Whole& lower) {
  const Real factor = _mm512_set1_ps(inverse);
  for (std::size_t i = 0; i < room; i += 16) {
    const std::size_t left = i < count ? count - i : 0, place = room - i;
    const auto lanes = static_cast<__mmask16>(left >= 16 ? 0xffffu : (1u << left) - 1),
               places = static_cast<__mmask16>(place >= 16 ? 0xffffu : (1u << place) - 1);
    // Of a row that is taken for 0 or NaN the inverse is 0; elsewhere no product is larger than the largest code.
    const Whole code = _mm512_maskz_cvtps_epi32(lanes, _mm512_mul_ps(_mm512_maskz_loadu_ps(lanes, x + i), factor));
    all = _mm512_add_epi32(all, code);
    if constexpr (Wide) {
      lower = _mm512_add_epi32(lower, _mm512_and_si512(code, _mm512_set1_epi32(255)));
      _mm512_mask_cvtepi32_storeu_epi8(to + plane + i, places, _mm512_maskz_srai_epi32(all_lanes, code, 8));
    }
    _mm512_mask_cvtepi32_storeu_epi8(to + i, places, code);
  }
}

template <bool Wide> void code_rows_of(const RowsToCode& of) {
  const std::size_t groups = of.of.groups, plane = of.codes_row / (Wide ? 2 : 1);
  for (std::size_t r = 0; r < of.rows; ++r) {
    const float* x = of.x + static_cast<std::ptrdiff_t>(r) * of.x_row;
    std::uint8_t* to = of.codes + r * of.codes_row;
    std::int32_t* sums = of.sums + r * 2 * groups;
    const float largest = largest_of_row(x, of.K);
    const float inverse = of.most / largest;
    const bool sound = inverse - inverse == 0.f && inverse != 0.f;
    of.scales[r] = sound ? largest / of.most : largest != largest ? largest : 0.f;
    if (!sound) {
      for (std::size_t i = 0; i < of.codes_row; ++i) to[i] = 0;
      for (std::size_t g = 0; g < 2 * groups; ++g) sums[g] = 0;
      continue;
    }
    for (std::size_t g = 0; g < groups; ++g, sums += 2) {
      const std::size_t lines = g + 1 < groups ? of.of.lines : of.of.last_lines;
      const std::size_t count = g + 1 < groups ? of.group : of.K - g * of.group;
      const std::size_t first = of.halves ? (count + 1) / 2 : count;
      Whole all = _mm512_setzero_si512(), lower = _mm512_setzero_si512();
      code_run<Wide>(x, first, 4 * lines, inverse, to, plane, all, lower);
      to += 4 * lines;
      if (of.halves) {
        code_run<Wide>(x + first, count - first, 4 * lines, inverse, to, plane, all, lower);
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

void code_rows(const RowsToCode& of, bool wide) { wide ? code_rows_of<true>(of) : code_rows_of<false>(of); }

}  // namespace

QuantizedTable quantized_table_vnni() { return {6, 3, 1, 2, code_rows, multiply}; }

}  // namespace vitrine
