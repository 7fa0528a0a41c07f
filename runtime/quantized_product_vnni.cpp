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

/// Rows of 8 bits are bytes with a sign. Those of 16 are two rows of bytes (quantized_rows_avx512.cpp), and weights,
/// which have no sign, meet upper ones as they are. For lower bytes, which have none either, weights must have the
/// sign, and are 128 less: what lacks is in the number that the sum begins with.
[[gnu::always_inline]] inline Whole broadcast(const std::uint8_t* four) {
  std::int32_t bytes;
  __builtin_memcpy(&bytes, four, sizeof bytes);
  return _mm512_set1_epi32(bytes);
}

/// The first `count` lanes, all of them for 16 and more.
[[gnu::always_inline]] inline __mmask16 first_lanes(std::size_t count) {
  return static_cast<__mmask16>(count >= 16 ? 0xffffu : (1u << count) - 1);
}

/// Each column's four products of bytes without a sign and bytes with one, added to its sum. (By the compiler's own
/// name for it each sum has two types, and in the innermost loop two registers.)
[[gnu::always_inline]] inline void add_products(Whole& sums, Whole unsigned_bytes, Whole signed_bytes) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(unsigned_bytes), "v"(signed_bytes));
}

/// How far ahead a row alone fetches its panel where that comes from memory: a core would not look so far by itself.
/// `vitrine bench W4g_int8` shows what another distance does.
constexpr std::size_t ahead = 12288;

/// `Rows` rows (of `Digits` rows of bytes each) times 16 * Vectors columns, over all groups.
template <int Rows, int Vectors, int Digits, bool FourBits, bool Zeros, bool Far = false>
void multiply_rows(const PanelProduct& p, std::size_t first) {
  const std::uint8_t* panel = p.panel;
  const std::size_t plane = p.codes_row / Digits;
  const std::uint8_t* row[Rows];
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) row[r] = p.codes + (first + static_cast<std::size_t>(r)) * p.codes_row;
  const std::int32_t* sum = p.sums + first * 2 * p.of.groups;
  const std::size_t sums_row = 2 * p.of.groups;
  const Whole low = _mm512_set1_epi8(15), sign = _mm512_set1_epi8(-128);
  Real made[Rows][Vectors];
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) made[r][v] = _mm512_setzero_ps();
  for (std::size_t g = 0; g < p.of.groups; ++g, sum += 2) {
    const std::size_t lines = g + 1 < p.of.groups ? p.of.lines : p.of.last_lines;
    const std::uint8_t* const scales = panel;
    panel += 32 * Vectors;
    Whole whole[Rows][Digits][Vectors];
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
#pragma GCC unroll 8
      for (int r = 0; r < Rows; ++r) {
        whole[r][0][v] = _mm512_set1_epi32(sum[static_cast<std::size_t>(r) * sums_row]);
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
          if constexpr (Digits == 2 && digit == 0)
            add_products(whole[r][digit][v], x, weights[v]);
          else
            add_products(whole[r][digit][v], weights[v], x);
      }
    };
    const std::ptrdiff_t half = static_cast<std::ptrdiff_t>(4 * lines);
    for (std::size_t line = 0; line < lines; ++line, panel += 64 * Vectors) {
      const auto at = static_cast<std::ptrdiff_t>(4 * line);
      if constexpr (Far)
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v)
          _mm_prefetch(reinterpret_cast<const char*>(panel + ahead + 64 * v), _MM_HINT_T0);
      Whole weights[Vectors];
      const auto load = [&](int v) { return _mm512_loadu_si512(panel + 64 * v); };
      if constexpr (FourBits) {
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) weights[v] = _mm512_and_si512(load(v), low);
        add(weights, at, std::integral_constant<int, Digits - 1>());
        if constexpr (Digits == 2) add(weights, at, std::integral_constant<int, 0>());
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v)
          weights[v] = _mm512_and_si512(_mm512_maskz_srli_epi16(0xffffffffu, load(v), 4), low);
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
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) row[r] += FourBits ? 2 * half : half;
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(scales + 32 * v));
      const Real scale =
          _mm512_castsi512_ps(_mm512_maskz_slli_epi32(all_lanes, _mm512_maskz_cvtepu16_epi32(all_lanes, halves), 16));
      Whole zeros{};
      if constexpr (Zeros)
        zeros = _mm512_maskz_cvtepu8_epi32(
            all_lanes, _mm_loadu_si128(reinterpret_cast<const __m128i*>(scales + 32 * Vectors + 16 * v)));
#pragma GCC unroll 8
      for (int r = 0; r < Rows; ++r) {
        Whole all = whole[r][0][v];
        if constexpr (Digits == 2) all = _mm512_add_epi32(all, _mm512_maskz_slli_epi32(all_lanes, whole[r][1][v], 8));
        if constexpr (Zeros)  // which count sixteenths
          all = _mm512_add_epi32(
              _mm512_maskz_slli_epi32(all_lanes, all, 4),
              _mm512_mullo_epi32(zeros, _mm512_set1_epi32(sum[static_cast<std::size_t>(r) * sums_row + 1])));
        made[r][v] = _mm512_fmadd_ps(_mm512_maskz_cvtepi32_ps(all_lanes, all), scale, made[r][v]);
      }
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
    const std::size_t at = first + static_cast<std::size_t>(r);
    const Real scale = _mm512_set1_ps(p.scales[at]);
    float* const to = p.c + static_cast<std::ptrdiff_t>(at) * p.c_row;
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      _mm512_mask_storeu_ps(to + 16 * v, first_lanes(p.columns - 16 * static_cast<std::size_t>(v)),
                            _mm512_mul_ps(made[r][v], scale));
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
    case 1:
      p.far ? multiply_rows<1, Vectors, Digits, FourBits, Zeros, true>(p, row)
            : multiply_rows<1, Vectors, Digits, FourBits, Zeros>(p, row);
      break;
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

}  // namespace

QuantizedTable quantized_table_vnni() { return {1, 2, code_rows_avx512, multiply}; }

}  // namespace vitrine
