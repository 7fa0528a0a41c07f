#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// Sine of x in radians.
struct Sin : Elementwise<Sin, 1> {
  static constexpr Doc doc{.name = "sin", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{Sin{}, std::array{f32<2, 3>}}; }
  bool operator==(const Sin&) const = default;
  static auto of(auto x) { return sin(x); }
};

constexpr auto sin(Operand auto&& x) { return apply<Sin{}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
