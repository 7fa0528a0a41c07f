#pragma once
#include <cstdint>

namespace vitrine {

/// bf16 is the upper half of a float (the same exponents, 8 bits of precision).
constexpr float from_bfloat16(std::uint16_t bits) {
  return __builtin_bit_cast(float, static_cast<std::uint32_t>(bits) << 16);
}
/// Rounded to nearest, of two to the even one; beyond the range infinite. NaN stays NaN.
constexpr std::uint16_t to_bfloat16(float x) {
  const auto bits = __builtin_bit_cast(std::uint32_t, x);
  if (x != x) return static_cast<std::uint16_t>(bits >> 16 | 0x40);
  return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

}  // namespace vitrine
