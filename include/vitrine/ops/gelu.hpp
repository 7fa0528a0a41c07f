#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// x times the normal distribution function (Hendrycks and Gimpel, arXiv 1606.08415, section 2).
struct Gelu : Elementwise<Gelu, 1> {
  static constexpr Doc doc{.name = "gelu", .kind = Kind::activation};
  static constexpr auto example() { return Example{Gelu{}, std::array{f32<2, 3>}}; }
  bool operator==(const Gelu&) const = default;
  static auto of(auto x) { return 0.5f * x * (1.f + erf(0.70710678f * x)); }
};

constexpr auto gelu(Operand auto&& x) { return apply<Gelu{}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
