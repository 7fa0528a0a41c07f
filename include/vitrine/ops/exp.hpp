#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// e^x.
struct Exp : Elementwise<Exp, 1> {
  static constexpr Doc doc{.name = "exp", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{Exp{}, std::array{f32<2, 3>}}; }
  bool operator==(const Exp&) const = default;
  static auto of(auto x) { return exp(x); }
};

constexpr auto exp(Operand auto&& x) { return apply<Exp{}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
