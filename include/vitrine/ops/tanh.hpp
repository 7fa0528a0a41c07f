#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// The hyperbolic tangent.
struct Tanh : Elementwise<Tanh, 1> {
  static constexpr Doc doc{.name = "tanh", .kind = Kind::activation};
  static constexpr auto example() { return Example{Tanh{}, std::array{f32<2, 3>}}; }
  bool operator==(const Tanh&) const = default;
  static auto of(auto x) { return tanh(x); }
};

constexpr auto tanh(Operand auto&& x) { return apply<Tanh{}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
