#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// log(1 + e^x), a smooth relu. Exact where 1 + e^x would overflow or lose e^x; its derivative is the sigmoid of x.
struct Softplus : Elementwise<Softplus, 1> {
  static constexpr Doc doc{.name = "softplus", .kind = Kind::activation};
  static constexpr auto example() { return Example{Softplus{}, std::array{f32<2, 3>}}; }
  bool operator==(const Softplus&) const = default;
  static auto of(auto x) { return softplus(x); }
};

constexpr auto softplus(Operand auto&& x) { return apply<Softplus{}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
