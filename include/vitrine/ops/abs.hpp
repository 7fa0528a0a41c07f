#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// |x|. Its derivative at 0 is 0.
struct Abs : Elementwise<Abs, 1> {
  static constexpr Doc doc{.name = "abs", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{Abs{}, std::array{f32<2, 3>}}; }
  bool operator==(const Abs&) const = default;
  static auto of(auto x) { return abs(x); }
};

constexpr auto abs(Operand auto&& x) { return apply<Abs{}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
