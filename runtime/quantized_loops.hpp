#pragma once
// Products by codes without an instruction for four bytes at once: bytes of weights are widened to 16 bits and
// multiplied in pairs by codes of rows, which have 16 bits whatever they need. Included by the quantized_product_<isa>
// files only: all that is code here has internal linkage.
#include <type_traits>

#include "runtime/quantized_table.hpp"
#include "vitrine/quantized.hpp"

namespace vitrine {
namespace {

/// What a code is of the byte that it lies in.
struct CodesOfByte {
  static constexpr std::integral_constant<int, 0> whole_byte{};
  static constexpr std::integral_constant<int, 1> lower_half{};
  static constexpr std::integral_constant<int, 2> upper_half{};
};

/// What the sums of a group become part of.
struct GroupEnd {
  const std::uint8_t *scales, *zeros;  // of 16 columns; zeros may be null
  const std::int32_t* sums;            // of the first row, see RowsToCode
  std::size_t sums_row;
  float* made;  // rows of 64
};

/// 16 columns of a panel by `Rows` rows over one group: sums of products of codes, exact modulo 2^32, and what they are
/// with their scale added to what is made.
template <class Simd, int Rows, bool FourBits>
[[gnu::always_inline]] inline void multiply_group(const std::uint8_t* line, std::size_t step, std::size_t lines,
                                                  const std::int16_t* x, std::size_t x_row, const GroupEnd& end) {
  using Whole = typename Simd::Whole;
  constexpr int pieces = 16 / Simd::columns;
  typename Simd::Sums sums[Rows][pieces] = {};
  const auto add = [&](const std::uint8_t* from, const std::int16_t* at, auto half) {
    Whole codes[Rows];
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) codes[r] = Simd::broadcast(at + static_cast<std::size_t>(r) * x_row);
#pragma GCC unroll 8
    for (int i = 0; i < pieces; ++i) {
      const Whole weights = Simd::template widened<half>(from + 4 * Simd::columns * i);
#pragma GCC unroll 8
      for (int r = 0; r < Rows; ++r) sums[r][i] = Simd::add_products(weights, codes[r], sums[r][i]);
    }
  };
  for (std::size_t i = 0; i < lines; ++i, line += step) {
    if constexpr (FourBits) {
      add(line, x + 4 * i, Simd::lower_half);
      add(line, x + 4 * (lines + i), Simd::upper_half);
    } else {
      add(line, x + 4 * i, Simd::whole_byte);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
    const std::int32_t* const sum = end.sums + static_cast<std::size_t>(r) * end.sums_row;
#pragma GCC unroll 8
    for (int i = 0; i < pieces; i += 2)
      Simd::finish(sums[r][i], sums[r][i + 1], sum[0], sum[1], end.zeros ? end.zeros + i * Simd::columns : nullptr,
                   end.scales + 2 * i * Simd::columns, end.made + 64 * r + i * Simd::columns);
  }
}

template <class Simd, int Rows, bool FourBits>
void multiply_rows(const PanelProduct& p, std::size_t first, bool zeros) {
  const std::size_t x_row = p.codes_row / sizeof(std::int16_t), groups = p.of.groups;
  const auto* x = reinterpret_cast<const std::int16_t*>(p.codes) + first * x_row;
  const std::uint8_t* panel = p.panel;
  float made[Rows][64] = {};
  for (std::size_t g = 0; g < groups; ++g) {
    const std::size_t lines = g + 1 < groups ? p.of.lines : p.of.last_lines;
    GroupEnd end{panel, zeros ? panel + 32 * p.vectors : nullptr, p.sums + 2 * (first * groups + g), 2 * groups,
                 made[0]};
    panel += (zeros ? 48 : 32) * p.vectors;
    for (std::size_t v = 0; v < p.vectors; ++v) {
      multiply_group<Simd, Rows, FourBits>(panel + 64 * v, 64 * p.vectors, lines, x, x_row, end);
      end.scales += 32, end.made += 16;
      if (zeros) end.zeros += 16;
    }
    panel += 64 * p.vectors * lines;
    x += (FourBits ? 8 : 4) * lines;
  }
  for (int r = 0; r < Rows; ++r) {
    const std::size_t at = first + static_cast<std::size_t>(r);
    float* const to = p.c + static_cast<std::ptrdiff_t>(at) * p.c_row;
    for (std::size_t i = 0; i < p.columns; ++i) to[i] = made[r][i] * p.scales[at];
  }
}

template <class Simd, bool FourBits> void multiply_panel(const PanelProduct& p, bool zeros) {
  std::size_t row = 0;
  for (; row + Simd::rows <= p.rows; row += Simd::rows) multiply_rows<Simd, Simd::rows, FourBits>(p, row, zeros);
  for (; row < p.rows; ++row) multiply_rows<Simd, 1, FourBits>(p, row, zeros);
}

template <class Simd> void multiply(const PanelProduct& p, QuantizedForm form) {
  form.four_bits ? multiply_panel<Simd, true>(p, form.zeros) : multiply_panel<Simd, false>(p, form.zeros);
}

/// The largest magnitude, NaN where one is NaN or infinite.
[[maybe_unused]] float largest_of_row(const float* x, std::size_t count) {
  constexpr std::size_t lanes = 16;
  float largest[lanes] = {}, broken[lanes] = {};
  const auto look = [&](std::size_t lane, float number) {
    const float magnitude = __builtin_fabsf(number);
    largest[lane] = magnitude > largest[lane] ? magnitude : largest[lane];
    broken[lane] += number * 0.f;
  };
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (std::size_t lane = 0; lane < lanes; ++lane) look(lane, x[i + lane]);
  for (; i < count; ++i) look(i % lanes, x[i]);
  for (std::size_t lane = 1; lane < lanes; ++lane) {
    largest[0] = largest[lane] > largest[0] ? largest[lane] : largest[0];
    broken[0] += broken[lane];
  }
  return broken[0] == 0.f ? largest[0] : broken[0];
}

/// Codes of a run of numbers, and 0 up to `room`; returns their sum.
[[maybe_unused]] std::int32_t code_run(const float* x, std::size_t count, std::size_t room, float inverse,
                                       std::int16_t* to) {
  constexpr float magic = 12582912.f;  // see nearest_even
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    // No product is larger than the largest code.
    const auto code = static_cast<std::int32_t>((x[i] * inverse + magic) - magic);
    to[i] = static_cast<std::int16_t>(code);
    sum += code;
  }
  for (std::size_t i = count; i < room; ++i) to[i] = 0;
  return sum;
}

[[maybe_unused]] void code_rows(const RowsToCode& of, bool) {
  const std::size_t groups = of.of.groups;
  for (std::size_t r = 0; r < of.rows; ++r) {
    const float* x = of.x + static_cast<std::ptrdiff_t>(r) * of.x_row;
    auto* to = reinterpret_cast<std::int16_t*>(of.codes + r * of.codes_row);
    std::int32_t* sums = of.sums + r * 2 * groups;
    const float largest = largest_of_row(x, of.K);
    const RowScale scale = row_scale(largest, of.most);
    const float inverse = scale.inverse;
    const bool sound = inverse != 0.f;
    of.scales[r] = scale.scale / static_cast<float>(of.steps);
    if (!sound) {
      for (std::size_t i = 0; i < of.codes_row / sizeof *to; ++i) to[i] = 0;
      for (std::size_t g = 0; g < 2 * groups; ++g) sums[g] = 0;
      continue;
    }
    for (std::size_t g = 0; g < groups; ++g, sums += 2) {
      const std::size_t lines = g + 1 < groups ? of.of.lines : of.of.last_lines;
      const std::size_t count = g + 1 < groups ? of.group : of.K - g * of.group;
      const std::size_t first = of.halves ? (count + 1) / 2 : count;
      std::int32_t sum = code_run(x, first, 4 * lines, inverse, to);
      to += 4 * lines;
      if (of.halves) {
        sum += code_run(x + first, count - first, 4 * lines, inverse, to);
        to += 4 * lines;
      }
      x += count;
      sums[0] = -of.zero * sum;
      sums[1] = -sum;
    }
  }
}

}  // namespace
}  // namespace vitrine
