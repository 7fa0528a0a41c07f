#pragma once
// Numbers in few bits: the one place that says how they are rounded, where they saturate and how two of four bits share
// a byte. Ops, kernels and whoever makes codes read it, so that all of them mean the same.
//
// A group of numbers that lie behind each other along an axis shares a scale (and a zero): number = scale * (code -
// zero). Codes are rounded to nearest, of two to the even one, and stop at the ends of their range. Scales are bf16.
#include <cstdint>

#include "vitrine/bfloat16.hpp"
#include "vitrine/multiply_add.hpp"

namespace vitrine {

/// The nearest whole number, of two the even one, for |x| < 2^22: beyond it a float has no bits for halves.
constexpr float nearest_even(float x) {
  constexpr float magic = 12582912.f;  // 1.5 * 2^23: what is added to it loses what stands behind the point
  return (x + magic) - magic;
}

/// A group's own zero counts sixteenths of a step between two codes: of four bits a step is coarse, and where 0.0 lies
/// between two codes is worth knowing. Sums stay whole: 16 code - zero.
inline constexpr std::int32_t zero_steps = 16;

/// How many groups an axis has. The last one may be shorter.
constexpr std::size_t groups_of(std::size_t size, std::size_t group) { return (size + group - 1) / group; }

/// Two codes of four bits share a byte: of each group the first half lies in the lower bits and the second half in the
/// upper ones, so that a kernel unpacks neighbours with one mask. A group of an odd number wastes half a byte.
struct Int4Place {
  std::size_t byte;
  bool upper;
};
constexpr Int4Place int4_place(std::size_t at, std::size_t size, std::size_t group) {
  const std::size_t begin = at / group * group, count = size - begin < group ? size - begin : group;
  const std::size_t half = (count + 1) / 2, i = at - begin;
  return {at / group * ((group + 1) / 2) + (i < half ? i : i - half), i >= half};
}
constexpr std::size_t int4_bytes(std::size_t size, std::size_t group) {
  return size / group * ((group + 1) / 2) + (size % group + 1) / 2;
}

/// A row of numbers in `bits` bits with one scale: code = x * inverse, rounded, and x is about code * scale. The codes
/// go from -most to most. A row that holds NaN or infinity has a scale that is neither finite nor 0, so that all it
/// takes part in is NaN; one too small to divide by (below 4e-37 with 8 bits, 1e-34 with 16) is taken for 0.
struct RowScale {
  float scale, inverse;
};
constexpr float most_code(std::int64_t bits) { return bits == 8 ? 127.f : 32767.f; }
/// For a row whose largest magnitude this is, or NaN where one of its numbers is NaN or infinite.
[[gnu::always_inline]] constexpr RowScale row_scale(float largest, float most) {
  const float inverse = most / largest, scale = largest / most;
  // Of the largest floats the scale is rounded down, or the row's own largest number would come back as infinity.
  const bool overflows = scale * most - scale * most != 0.f && largest - largest == 0.f;
  if (inverse - inverse == 0.f && inverse != 0.f)
    return {overflows ? __builtin_bit_cast(float, __builtin_bit_cast(std::uint32_t, scale) - 1) : scale, inverse};
  return {largest != largest ? largest : 0.f, 0.f};
}
/// The code of a number of that row. 0 where the row is NaN.
constexpr std::int32_t row_code(float x, const RowScale& row, float most) {
  const float scaled = x * row.inverse;
  if (!(scaled > -most)) return scaled == scaled ? -static_cast<std::int32_t>(most) : 0;
  return static_cast<std::int32_t>(scaled < most ? nearest_even(scaled) : most);
}
/// The largest magnitude of a row, NaN where it holds NaN or infinity.
template <class Real> constexpr float largest_of(const Real* row, std::size_t count) {
  float largest = 0.f, broken = 0.f;
  for (std::size_t i = 0; i < count; ++i) {
    const float x = static_cast<float>(row[i]), magnitude = x < 0.f ? -x : x;
    largest = magnitude > largest ? magnitude : largest;
    broken += x * 0.f;  // NaN from the first NaN or infinity on
  }
  return broken == 0.f ? largest : broken;
}

}  // namespace vitrine
