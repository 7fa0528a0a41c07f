#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// x - y.
struct Sub : Elementwise<Sub, 2> {
  static constexpr Doc doc{.name = "sub", .kind = Kind::arithmetic};
  static constexpr bool integers = true;
  static constexpr auto example() { return Example{Sub{}, std::array{f32<2, 3>, f32<3>}}; }
  bool operator==(const Sub&) const = default;
  static auto of(auto x, auto y) { return x - y; }
};

constexpr auto operator-(Operand auto&& a, Operand auto&& b) {
  return apply<Sub{}>(std::forward<decltype(a)>(a), std::forward<decltype(b)>(b));
}
constexpr auto operator-(Operand auto&& a, float b) { return apply<Sub{}>(std::forward<decltype(a)>(a), beside(a, b)); }
constexpr auto operator-(float a, Operand auto&& b) { return apply<Sub{}>(beside(b, a), std::forward<decltype(b)>(b)); }

}  // namespace vitrine
