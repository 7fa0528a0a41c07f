#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// -x: the sign is flipped, also that of 0 (0 - x would not).
struct Neg : Elementwise<Neg, 1> {
  static constexpr Doc doc{.name = "neg", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{Neg{}, std::array{f32<2, 3>}}; }
  bool operator==(const Neg&) const = default;
  static auto of(auto x) { return -x; }
};

constexpr auto operator-(Operand auto&& x) { return apply<Neg{}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
