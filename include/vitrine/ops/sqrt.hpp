#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// The square root: NaN below 0. Its derivative at 0 is inf, so a gradient of 0 makes NaN there: where x may be 0, as
/// in the length of a vector, add a small number to it.
struct Sqrt : Elementwise<Sqrt, 1> {
  static constexpr Doc doc{.name = "sqrt", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{Sqrt{}, std::array{f32<2, 3>}}; }
  bool operator==(const Sqrt&) const = default;
  static auto of(auto x) { return sqrt(x); }
};

constexpr auto sqrt(Operand auto&& x) { return apply<Sqrt{}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
