#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// The error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x.
struct Erf : Elementwise<Erf, 1> {
  static constexpr Doc doc{.name = "erf", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{Erf{}, std::array{f32<2, 3>}}; }
  bool operator==(const Erf&) const = default;
  static auto of(auto x) { return erf(x); }
};

constexpr auto erf(Operand auto&& x) { return apply<Erf{}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
