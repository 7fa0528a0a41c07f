#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// The smaller of x and y; NaN if either is (IEEE 754-2019 section 9.6). Where they tie, each gets half the gradient;
/// where x ties with a number, as in minimum(x, 0), it gets none.
struct Minimum : Elementwise<Minimum, 2> {
  static constexpr Doc doc{.name = "minimum", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{Minimum{}, std::array{f32<2, 3>, f32<3>}}; }
  bool operator==(const Minimum&) const = default;
  static auto of(auto x, auto y) { return minimum(x, y); }
};

constexpr auto minimum(Operand auto&& a, Operand auto&& b) {
  return apply<Minimum{}>(std::forward<decltype(a)>(a), std::forward<decltype(b)>(b));
}
constexpr auto minimum(Operand auto&& a, float b) {
  return apply<Minimum{}>(std::forward<decltype(a)>(a), beside(a, b));
}

}  // namespace vitrine
