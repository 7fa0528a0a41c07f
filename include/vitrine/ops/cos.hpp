#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// Cosine of x in radians.
struct Cos : Elementwise<Cos, 1> {
  static constexpr Doc doc{.name = "cos", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{Cos{}, std::array{f32<2, 3>}}; }
  bool operator==(const Cos&) const = default;
  static auto of(auto x) { return cos(x); }
};

constexpr auto cos(Operand auto&& x) { return apply<Cos{}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
