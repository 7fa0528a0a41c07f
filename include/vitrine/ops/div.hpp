#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// x / y, as IEEE 754 divides: 1 / 0 is inf, 0 / 0 is NaN.
struct Div : Elementwise<Div, 2> {
  static constexpr Doc doc{.name = "div", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{Div{}, std::array{f32<2, 3>, f32<3>}}; }
  bool operator==(const Div&) const = default;
  static auto of(auto x, auto y) { return x / y; }
};

constexpr auto operator/(Operand auto&& a, Operand auto&& b) {
  return apply<Div{}>(std::forward<decltype(a)>(a), std::forward<decltype(b)>(b));
}
constexpr auto operator/(Operand auto&& a, float b) { return apply<Div{}>(std::forward<decltype(a)>(a), beside(a, b)); }
constexpr auto operator/(float a, Operand auto&& b) { return apply<Div{}>(beside(b, a), std::forward<decltype(b)>(b)); }

}  // namespace vitrine
