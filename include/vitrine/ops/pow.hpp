#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// x to the power of y, as IEEE 754-2019 section 9.2.1 says: x^0 is 1 (also 0^0), 0 to a negative power is inf, and a
/// negative number to a power that is not whole is NaN. Derivatives: d/dx = y x^(y - 1), which is 0 where y is 0 and so
/// is finite at x = 0 for y >= 1; d/dy = x^y log(x), which is 0 where x is 0 and NaN where x is negative.
struct Pow : Elementwise<Pow, 2> {
  static constexpr Doc doc{.name = "pow", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{Pow{}, std::array{f32<2, 3>, f32<3>}}; }
  bool operator==(const Pow&) const = default;
  static auto of(auto x, auto y) { return pow(x, y); }
};

constexpr auto pow(Operand auto&& x, Operand auto&& y) {
  return apply<Pow{}>(std::forward<decltype(x)>(x), std::forward<decltype(y)>(y));
}
constexpr auto pow(Operand auto&& x, float y) { return apply<Pow{}>(std::forward<decltype(x)>(x), beside(x, y)); }
constexpr auto pow(float x, Operand auto&& y) { return apply<Pow{}>(beside(y, x), std::forward<decltype(y)>(y)); }

}  // namespace vitrine
