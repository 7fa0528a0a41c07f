#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// The larger of x and y; NaN if either is (IEEE 754-2019 section 9.6). Where they tie, each gets half the gradient;
/// where x ties with a number, as in maximum(x, 0), it gets none.
struct Maximum : Elementwise<Maximum, 2> {
  static constexpr Doc doc{.name = "maximum", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{Maximum{}, std::array{f32<2, 3>, f32<3>}}; }
  bool operator==(const Maximum&) const = default;
  static auto of(auto x, auto y) { return maximum(x, y); }
};

constexpr auto maximum(Operand auto&& a, Operand auto&& b) {
  return apply<Maximum{}>(std::forward<decltype(a)>(a), std::forward<decltype(b)>(b));
}
constexpr auto maximum(Operand auto&& a, float b) {
  return apply<Maximum{}>(std::forward<decltype(a)>(a), beside(a, b));
}

}  // namespace vitrine
