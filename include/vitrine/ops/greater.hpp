#pragma once
#include "vitrine/masks.hpp"

namespace vitrine {

/// Whether x > y: a mask. False where either is NaN.
struct Greater : Comparison<Greater> {
  static constexpr Doc doc{.name = "greater", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{Greater{}, std::array{f32<2, 3>, f32<3>}}; }
  bool operator==(const Greater&) const = default;
  static auto of(auto x, auto y) { return greater(x, y); }
};

constexpr auto greater(Operand auto&& a, Operand auto&& b) {
  return apply<Greater{}>(std::forward<decltype(a)>(a), std::forward<decltype(b)>(b));
}
constexpr auto greater(Operand auto&& a, float b) {
  return apply<Greater{}>(std::forward<decltype(a)>(a), beside(a, b));
}

/// Whether x < y: greater(y, x). False where either is NaN.
constexpr auto less(Operand auto&& a, Operand auto&& b) {
  return apply<Greater{}>(std::forward<decltype(b)>(b), std::forward<decltype(a)>(a));
}
constexpr auto less(Operand auto&& a, float b) { return apply<Greater{}>(beside(a, b), std::forward<decltype(a)>(a)); }

}  // namespace vitrine
