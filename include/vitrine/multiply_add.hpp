#pragma once
// a * b + c with one rounding, the same bits with an instruction for it and without one; and polynomials by it.
#include <cstdint>

namespace vitrine::math::detail {

// Not std::bit_cast: that is a template with a symbol, and a file compiled for one instruction set must emit none.
[[gnu::always_inline]] inline std::uint32_t bits(float x) { return __builtin_bit_cast(std::uint32_t, x); }
[[gnu::always_inline]] inline float from_bits(std::uint32_t b) { return __builtin_bit_cast(float, b); }

[[gnu::always_inline]] inline std::uint64_t bits(double x) { return __builtin_bit_cast(std::uint64_t, x); }
[[gnu::always_inline]] inline double double_from(std::uint64_t b) { return __builtin_bit_cast(double, b); }

/// a * b + c, rounded once.
[[gnu::always_inline]] inline float multiply_add(float a, float b, float c) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  return __builtin_fmaf(a, b, c);
#else
  // The product is exact in double. The sum is rounded to odd (S. Boldo and G. Melquiond, IEEE Trans. Computers 57,
  // 2008): towards 0, and what was lost shows in the last bit, so that rounding to float is as if from the exact sum.
  const double product = static_cast<double>(a) * static_cast<double>(b), addend = static_cast<double>(c);
  const double sum = product + addend, of_addend = sum - product;
  const double lost = (product - (sum - of_addend)) + (addend - of_addend);
  const double outwards = lost * sum;  // NaN beside infinities, where nothing is lost
  std::uint64_t odd = bits(sum);
  odd = outwards < 0.0 ? odd - 1 : odd;
  odd = ((outwards < 0.0) | (outwards > 0.0)) ? odd | 1u : odd;
  return static_cast<float>(double_from(odd));
#endif
}

/// ((highest * x + next) * x + ...), one rounding each: a polynomial by Horner's rule.
template <class Lane> [[gnu::always_inline]] inline Lane horner(Lane, Lane sum) { return sum; }
template <class Lane, class... Lower>
[[gnu::always_inline]] inline Lane horner(Lane x, Lane sum, float next, Lower... lower) {
  return horner(x, multiply_add(sum, x, Lane(next)), lower...);
}

}  // namespace vitrine::math::detail
