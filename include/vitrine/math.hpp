#pragma once
// The scalar functions of formulas, for float and double. A float function here is plain float arithmetic without
// branches or calls: a loop over it vectorises. A multiplication and an addition are rounded once where `multiply_add`
// says so and nowhere else (compile with -ffp-contract=off), so the bits are the same on every instruction set, whether
// it has an instruction for that or not. The double overloads are the standard library's: the reference runs in them.
//
// Each is a template over what stands for a float: a float itself, or a lane of a vector that is only written down
// (runtime/jit/lane.hpp), so that code made at run time computes the very bits. Such a type has + - * /, multiply_add,
// comparisons for select, abs, sqrt, bits and, for what bits answers, the operators of an unsigned integer, from_bits,
// shift_right_signed and signed_to_float. `power` works in double inside and is for floats only.
//
// Polynomials are minimax fits of our own (Remez exchange in 40 digits); argument reductions follow W. Cody and
// W. Waite, "Software Manual for the Elementary Functions" (1980). Bounds are against libm in double, checked by
// tests/math_test.cpp.
#include <cstdint>

#include "vitrine/multiply_add.hpp"

namespace vitrine::math {

namespace detail {

[[gnu::always_inline]] inline float select(bool condition, float a, float b) { return condition ? a : b; }
[[gnu::always_inline]] inline std::uint32_t shift_right_signed(std::uint32_t x, unsigned count) {
  return static_cast<std::uint32_t>(static_cast<std::int32_t>(x) >> count);
}
[[gnu::always_inline]] inline float signed_to_float(std::uint32_t x) {
  return static_cast<float>(static_cast<std::int32_t>(x));
}

/// What holds the bits of a Lane.
template <class Lane> using BitsOf = decltype(bits(Lane{}));

inline constexpr float infinity = __builtin_inff();
inline constexpr float log2_e = 1.44269504f;
inline constexpr float log_2_high = 0.693145752f;  // 15 bits: its product with an exponent is exact
inline constexpr float log_2_low = 1.42860677e-6f;
inline constexpr float to_integer = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer in the low bits
inline constexpr std::uint32_t sign_bit = 0x80000000u;

/// 2^n for -126 <= n <= 127, n as the bits of an int.
template <class Bits> [[gnu::always_inline]] inline auto power_of_two(Bits n) { return from_bits((n + 127u) << 23); }

/// The same of n + to_integer, whose bits are those of n behind nine of to_integer that the shift drops; `negated`:
/// -2^n.
template <class Lane> [[gnu::always_inline]] inline Lane power_of_shifted(Lane shifted, bool negated = false) {
  return from_bits((bits(shifted) << 23) + (negated ? 0xbf800000u : 0x3f800000u));
}

/// The magnitude of x (>= 0) with the sign of y.
template <class Lane> [[gnu::always_inline]] inline Lane with_sign(Lane x, Lane y) {
  return from_bits(bits(x) | (bits(y) & sign_bit));
}

/// x = n log 2 + r with |r| <= log(2) / 2.
template <class Lane> struct ExpParts {
  Lane shifted;  // n + to_integer
  Lane exp;      // e^r
};

/// For |x| <= 110; a NaN stays in `exp`.
template <class Lane> [[gnu::always_inline]] inline ExpParts<Lane> split_exp(Lane x) {
  const Lane shifted = multiply_add(x, Lane(log2_e), Lane(to_integer));
  const Lane n = shifted - to_integer;
  const Lane r = multiply_add(n, Lane(-log_2_low), multiply_add(n, Lane(-log_2_high), x));
  return {shifted, horner(r, Lane(0.00139467948f), 0.00836677747f, 0.0416662774f, 0.166665416f, 0.5f, 1.0f, 1.0f)};
}

/// exp(x) for -87 <= x <= 88, where 2^n needs no second step.
template <class Lane> [[gnu::always_inline]] inline Lane exp_normal(Lane x) {
  const ExpParts<Lane> e = split_exp(x);
  return e.exp * power_of_shifted(e.shifted);
}

/// a b = n + r with |r| <= 1/2, and 2^r - 1 to the last bits also where that is near 0, for |a b| <= 126.
template <class Lane> struct Exp2Parts {
  Lane shifted;  // n + to_integer
  Lane exp2m1;   // 2^r - 1
};
template <class Lane> [[gnu::always_inline]] inline Exp2Parts<Lane> split_exp2(Lane a, Lane b) {
  const Lane shifted = multiply_add(a, b, Lane(to_integer));
  const Lane r = multiply_add(a, b, to_integer - shifted);
  const Lane p = horner(r, Lane(1.54035023e-4f), 0.00133907354f, 0.00961823753f, 0.0555035743f, 0.240226498f);
  return {shifted, multiply_add(r, Lane(0.693147188f), (r * r) * p)};
}

/// sin(r) and cos(r) of the quadrant: x = n pi/2 + r. Four parts of pi/2, three of 11 bits, so that the products with
/// n (at most 13 bits) are exact and the remainder near a multiple of pi/2 keeps its bits.
template <class Lane> [[gnu::always_inline]] inline Lane sine_of_quadrant(Lane x, std::uint32_t quadrants) {
  const Lane shifted = x * 0.636619772f + to_integer;
  const Lane n = shifted - to_integer;
  Lane r = ((x - n * 1.5703125f) - n * 4.83751297e-4f) - n * 7.54953362e-8f;
  r = r - n * 2.56334415e-12f;
  r = select(r > 1.0f, Lane(1.0f), r);  // only for |x| beyond the range: keep the answer within [-1, 1]
  r = select(r < -1.0f, Lane(-1.0f), r);
  const BitsOf<Lane> quadrant = bits(shifted) - bits(to_integer) + quadrants;
  const Lane z = r * r;
  const Lane s = r + r * (z * ((-1.95160117e-4f * z + 0.00833216892f) * z - 0.166666548f));
  const Lane c = 1.0f - (0.5f * z - z * z * ((2.44316676e-5f * z - 0.00138873035f) * z + 0.0416666454f));
  const Lane y = select((quadrant & 1u) != 0u, c, s);
  return from_bits(bits(y) ^ ((quadrant & 2u) << 30));
}

// The power function works in double inside: y log2(x) reaches 128, and an error of it is an error of the result.
inline constexpr double to_whole = 6755399441055744.0;  // 1.5 * 2^52: adding it rounds to an integer in the low bits

/// log2 of a float >= 0: exponent + 2 atanh(s) / log 2 with s = (m - 1) / (m + 1), where sqrt(1/2) <= m < sqrt(2). The
/// series of atanh to s^15: what it leaves out is below 2^-44 of the result.
[[gnu::always_inline]] inline double log2_of(float x) {
  constexpr std::uint64_t root_half = 0x3fe6a09e667f3bcdull, one = 0x3ff0000000000000ull,
                          two_52 = 0x4330000000000000ull;
  // 1023 is added so that the exponent is never negative: AVX2 shifts 64-bit integers without their sign only.
  const std::uint64_t from_root_half = bits(static_cast<double>(x)) - root_half + one;
  const double exponent = double_from((from_root_half >> 52) | two_52) - (4503599627370496.0 + 1023.0);
  const double m = double_from((from_root_half & 0x000fffffffffffffull) + root_half);
  const double s = (m - 1.0) / (m + 1.0);
  const double z = s * s;
  double p = 1.0 / 15.0;
  p = p * z + 1.0 / 13.0;
  p = p * z + 1.0 / 11.0;
  p = p * z + 1.0 / 9.0;
  p = p * z + 1.0 / 7.0;
  p = p * z + 1.0 / 5.0;
  p = p * z + 1.0 / 3.0;
  const double y = exponent + 2.8853900817779268 * (s + s * (z * p));
  const double or_zero = x == 0.0f ? -__builtin_inf() : y;
  return x < infinity ? or_zero : static_cast<double>(x);
}

/// 2^x to the precision of a float: the series of exp to the ninth power, at most 2^-36 off.
[[gnu::always_inline]] inline double exp2_of(double x) {
  const double shifted = x + to_whole;
  const double r = (x - (shifted - to_whole)) * 0.69314718055994531;
  double p = 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  const double y = p * double_from((bits(shifted) - bits(to_whole) + 1023u) << 52);
  // A float holds 2^-149 to 2^128. (Clamping x before would make g++ split the loop over this by cases.)
  const double or_zero = x < -200.0 ? 0.0 : y;
  return x > 200.0 ? __builtin_inf() : or_zero;
}

}  // namespace detail

// Called without a namespace, so that those of another kind of lane are found beside them.
using detail::bits;
using detail::from_bits;
using detail::multiply_add;
using detail::select;
using detail::shift_right_signed;
using detail::signed_to_float;

[[gnu::always_inline]] inline float abs(float x) { return __builtin_fabsf(x); }
[[gnu::always_inline]] inline double abs(double x) { return __builtin_fabs(x); }

/// Correctly rounded, as IEEE 754 demands.
[[gnu::always_inline]] inline float sqrt(float x) { return __builtin_sqrtf(x); }
[[gnu::always_inline]] inline double sqrt(double x) { return __builtin_sqrt(x); }

/// e^x, at most 1 ulp; through denormals to 0 and to infinity as rounding says.
template <class Lane> [[gnu::always_inline]] inline Lane exp(Lane x) {
  Lane clamped = select(x < -110.0f, Lane(-110.0f), x);
  clamped = select(clamped > 90.0f, Lane(90.0f), clamped);
  const detail::ExpParts<Lane> e = detail::split_exp(clamped);
  // 2^n in two factors: n reaches from -159 to 130, beyond one float's exponent.
  const detail::BitsOf<Lane> n = bits(e.shifted) - bits(Lane(detail::to_integer)), half = shift_right_signed(n, 1);
  return e.exp * detail::power_of_two(half) * detail::power_of_two(n - half);
}
[[gnu::always_inline]] inline double exp(double x) { return __builtin_exp(x); }

/// Natural logarithm, at most 2 ulp; -infinity of 0, NaN of a negative number.
/// log(1 + f) = 2 atanh(s), s = f / (2 + f), written so that f itself is the largest term.
template <class Lane> [[gnu::always_inline]] inline Lane log(Lane x) {
  const auto denormal = x < 1.17549435e-38f;
  const Lane scaled = select(denormal, x * 33554432.0f, x);  // 2^25
  const detail::BitsOf<Lane> from_root_half = bits(scaled) - 0x3f3504f3u;
  const Lane exponent = signed_to_float(shift_right_signed(from_root_half, 23));
  const Lane e = select(denormal, exponent - 25.0f, exponent);
  const Lane f = from_bits((from_root_half & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
  const Lane s = f / (2.0f + f);
  const Lane z = s * s;
  const Lane r = z * ((0.298717217f * z + 0.399775418f) * z + 0.666667768f);
  const Lane half_square = 0.5f * f * f;
  Lane y = ((s * (half_square + r) + e * detail::log_2_low) - half_square + f) + e * detail::log_2_high;
  y = select(x == 0.0f, Lane(-detail::infinity), y);
  y = select(x < 0.0f, Lane(__builtin_nanf("")), y);
  return select(x < detail::infinity, y, x);  // infinity and NaN are their own logarithm; -infinity was less
}
[[gnu::always_inline]] inline double log(double x) { return __builtin_log(x); }

/// Hyperbolic tangent, at most 4 ulp: t / (t + 2) with t = exp(2 |x|) - 1.
template <class Lane> [[gnu::always_inline]] inline Lane tanh(Lane x) {
  const Lane a = abs(x);
  const Lane b = select(a > 10.0f, Lane(10.0f), a);                            // tanh(10) rounds to 1
  const detail::Exp2Parts<Lane> e = detail::split_exp2(b, Lane(2.88539008f));  // 2 / log 2
  const Lane scale = detail::power_of_shifted(e.shifted);
  const Lane t = multiply_add(scale, e.exp2m1, scale - 1.0f);
  return detail::with_sign(t / (t + 2.0f), x);
}
[[gnu::always_inline]] inline double tanh(double x) { return __builtin_tanh(x); }

/// Error function, at most 2 ulp: 1 - 2^(|x| Q(|x|)), where Q = log2(erfc(x)) / x to the precision that erf needs.
template <class Lane> [[gnu::always_inline]] inline Lane erf(Lane x) {
  const Lane a = abs(x);
  const Lane b = select(a > 4.0f, Lane(4.0f), a);  // erf(4) rounds to 1
  const Lane q = detail::horner(b, Lane(1.33538432e-5f), -1.69719378e-4f, 9.12986754e-4f, -0.00240500528f,
                                2.31395679e-4f, 0.0276320335f, -0.148277074f, -0.918447614f, -1.62790704f);
  const detail::Exp2Parts<Lane> e = detail::split_exp2(b, q);
  const Lane minus_scale = detail::power_of_shifted(e.shifted, true);
  return detail::with_sign(multiply_add(minus_scale, e.exp2m1, 1.0f + minus_scale), x);
}
[[gnu::always_inline]] inline double erf(double x) { return __builtin_erf(x); }

/// For |x| <= 10,000 within 4 ulp of max(|y|, 2^-24). Beyond it the argument reduction runs out of bits: a number in
/// [-1, 1] that means nothing. NaN of an infinity.
template <class Lane> [[gnu::always_inline]] inline Lane sin(Lane x) {
  const Lane y = detail::sine_of_quadrant(x, 0u);
  return select(x == 0.0f, x, y);  // -0 stays -0
}
[[gnu::always_inline]] inline double sin(double x) { return __builtin_sin(x); }

/// Same range and bound as sin.
template <class Lane> [[gnu::always_inline]] inline Lane cos(Lane x) { return detail::sine_of_quadrant(x, 1u); }
[[gnu::always_inline]] inline double cos(double x) { return __builtin_cos(x); }

/// log(1 + e^x), at most 4 ulp: max(x, 0) + log(w) + (u - (w - 1)) / w with u = e^-|x| and w = 1 + u as it was rounded.
/// (The last term is what the rounding lost; without it the result would be 0 from x = -17 on.)
template <class Lane> [[gnu::always_inline]] inline Lane softplus(Lane x) {
  const Lane u = exp(-abs(x));
  const Lane w = 1.0f + u;
  return select(x > 0.0f, x, Lane(0.0f)) + (log(w) + (u - (w - 1.0f)) / w);
}
[[gnu::always_inline]] inline double softplus(double x) {
  return (x > 0 ? x : 0) + __builtin_log1p(__builtin_exp(-__builtin_fabs(x)));
}

/// x to the power of y, at most 1 ulp; x^1, x^2 and x^-1 are the bits of x, x * x and 1 / x. Zeros, infinities, NaN and
/// negative bases as IEEE 754-2019 section 9.2.1 says of pow: x^0 is 1 whatever x is, and a negative number to a power
/// that is not whole is NaN.
[[gnu::always_inline]] inline float power(float x, float y) {
  const float a = __builtin_fabsf(x);
  float result = static_cast<float>(detail::exp2_of(static_cast<double>(y) * detail::log2_of(a)));
  result = a == 1.0f ? 1.0f : result;  // also to the power of an infinity or a NaN
  const double shifted = static_cast<double>(y) + detail::to_whole;
  const std::uint32_t small = __builtin_fabsf(y) < 16777216.0f;  // from 2^24 on every float is whole and even
  const std::uint32_t whole = (1u - small) | (shifted - detail::to_whole == static_cast<double>(y));
  const std::uint32_t odd = small & whole & static_cast<std::uint32_t>(detail::bits(shifted));
  result = detail::from_bits(detail::bits(result) ^ (detail::bits(x) & (odd << 31)));
  const float of_negative = whole != 0u ? result : a < detail::infinity ? __builtin_nanf("") : result;
  result = x < 0.0f ? of_negative : result;
  const float not_a_number = x + y, square = x * x, inverse = 1.0f / x;
  result = x == x ? result : not_a_number;
  result = y == y ? result : x == 1.0f ? result : not_a_number;
  result = y == 1.0f ? x : result;
  result = y == 2.0f ? square : result;
  result = y == -1.0f ? inverse : result;
  return y == 0.0f ? 1.0f : result;
}
[[gnu::always_inline]] inline double power(double x, double y) { return __builtin_pow(x, y); }

/// The larger operand; NaN if either is, and +0 is larger than -0 (IEEE 754-2019, section 9.6).
template <class Lane> [[gnu::always_inline]] inline Lane maximum(Lane a, Lane b) {
  Lane y = select(a > b, a, b);
  y = select(a == b, from_bits(bits(a) & bits(b)), y);
  return select(a != a, a, y);
}
[[gnu::always_inline]] inline double maximum(double a, double b) {
  if (a != a || b != b) return a + b;
  if (a == b) return __builtin_signbit(a) ? b : a;
  return a > b ? a : b;
}

/// The smaller operand; NaN if either is, and -0 is smaller than +0.
template <class Lane> [[gnu::always_inline]] inline Lane minimum(Lane a, Lane b) {
  Lane y = select(a < b, a, b);
  y = select(a == b, from_bits(bits(a) | bits(b)), y);
  return select(a != a, a, y);
}
[[gnu::always_inline]] inline double minimum(double a, double b) {
  if (a != a || b != b) return a + b;
  if (a == b) return __builtin_signbit(a) ? a : b;
  return a < b ? a : b;
}

}  // namespace vitrine::math
