#pragma once
#include "vitrine/masks.hpp"

namespace vitrine {

/// Whether x >= y: a mask. False where either is NaN, so it is not "not less".
struct GreaterEqual : Comparison<GreaterEqual> {
  static constexpr Doc doc{.name = "greater_equal", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{GreaterEqual{}, std::array{f32<2, 3>, f32<3>}}; }
  bool operator==(const GreaterEqual&) const = default;
  static auto of(auto x, auto y) { return greater(x, y) + equal(x, y); }
};

constexpr auto greater_equal(Operand auto&& a, Operand auto&& b) {
  return apply<GreaterEqual{}>(std::forward<decltype(a)>(a), std::forward<decltype(b)>(b));
}
constexpr auto greater_equal(Operand auto&& a, float b) {
  return apply<GreaterEqual{}>(std::forward<decltype(a)>(a), beside(a, b));
}

/// Whether x <= y: greater_equal(y, x). False where either is NaN.
constexpr auto less_equal(Operand auto&& a, Operand auto&& b) {
  return apply<GreaterEqual{}>(std::forward<decltype(b)>(b), std::forward<decltype(a)>(a));
}
constexpr auto less_equal(Operand auto&& a, float b) {
  return apply<GreaterEqual{}>(beside(a, b), std::forward<decltype(a)>(a));
}

}  // namespace vitrine
