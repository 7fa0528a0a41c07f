#pragma once
// The numbers formulas are read with. A type of our own, so that exp(x) in a formula can only mean ours, whatever
// <cmath> has put into the global namespace, and so that reference, folding and kernels get the same bits.
#include <bit>
#include <cstdint>

#include "vitrine/math.hpp"

namespace vitrine {

/// A float that compares bit by bit: it may be a template argument, and NaN equals itself when nodes are compared.
struct Float {
  std::uint32_t bits;
  constexpr Float(float f) : bits(std::bit_cast<std::uint32_t>(f)) {}
  constexpr operator float() const { return std::bit_cast<float>(bits); }
  bool operator==(const Float&) const = default;
};

/// T is float, double or std::int64_t (integers know only + - * max min and comparisons; results wrap to i32).
template <class T> struct Num {
  T value;
  constexpr explicit Num(T v) : value(v) {}

  friend Num operator+(Num a, Num b) { return Num(a.value + b.value); }
  friend Num operator-(Num a, Num b) { return Num(a.value - b.value); }
  friend Num operator*(Num a, Num b) { return Num(a.value * b.value); }
  friend Num operator/(Num a, Num b) { return Num(a.value / b.value); }
  friend Num operator-(Num a) { return Num(-a.value); }
  // A formula's constants are f32 in every reading.
  friend Num operator+(Num a, float b) { return a + Num(static_cast<T>(b)); }
  friend Num operator-(Num a, float b) { return a - Num(static_cast<T>(b)); }
  friend Num operator*(Num a, float b) { return a * Num(static_cast<T>(b)); }
  friend Num operator/(Num a, float b) { return a / Num(static_cast<T>(b)); }
  friend Num operator+(float a, Num b) { return Num(static_cast<T>(a)) + b; }
  friend Num operator-(float a, Num b) { return Num(static_cast<T>(a)) - b; }
  friend Num operator*(float a, Num b) { return Num(static_cast<T>(a)) * b; }
  friend Num operator/(float a, Num b) { return Num(static_cast<T>(a)) / b; }

  friend Num abs(Num a) { return Num(a.value < 0 ? -a.value : a.value == 0 ? T(0) : a.value); }
  friend Num sqrt(Num a) { return Num(math::sqrt(a.value)); }  // correctly rounded everywhere by IEEE 754
  friend Num exp(Num a) { return Num(math::exp(a.value)); }
  friend Num log(Num a) { return Num(math::log(a.value)); }
  friend Num softplus(Num a) { return Num(math::softplus(a.value)); }
  friend Num tanh(Num a) { return Num(math::tanh(a.value)); }
  friend Num erf(Num a) { return Num(math::erf(a.value)); }
  friend Num sin(Num a) { return Num(math::sin(a.value)); }
  friend Num cos(Num a) { return Num(math::cos(a.value)); }
  friend Num pow(Num a, Num b) { return Num(math::power(a.value, b.value)); }
  friend Num pow(Num a, float b) { return pow(a, Num(static_cast<T>(b))); }
  friend Num maximum(Num a, Num b) { return Num(math::maximum(a.value, b.value)); }
  friend Num minimum(Num a, Num b) { return Num(math::minimum(a.value, b.value)); }
  friend Num maximum(Num a, float b) { return maximum(a, Num(static_cast<T>(b))); }
  friend Num minimum(Num a, float b) { return minimum(a, Num(static_cast<T>(b))); }
  /// 1 where a > b, else 0 (also where either is NaN).
  friend Num greater(Num a, Num b) { return Num(static_cast<T>(a.value > b.value)); }
  friend Num greater(Num a, float b) { return greater(a, Num(static_cast<T>(b))); }
  friend Num equal(Num a, Num b) { return Num(static_cast<T>(a.value == b.value)); }
  friend Num equal(Num a, float b) { return equal(a, Num(static_cast<T>(b))); }
  /// a where condition is not 0, else b.
  friend Num select(Num condition, Num a, Num b) { return condition.value != 0 ? a : b; }
  friend Num select(Num condition, Num a, float b) { return select(condition, a, Num(static_cast<T>(b))); }
  friend Num select(Num condition, float a, Num b) { return select(condition, Num(static_cast<T>(a)), b); }
};

}  // namespace vitrine
