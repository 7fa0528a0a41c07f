#pragma once
#include "vitrine/masks.hpp"

namespace vitrine {

/// Whether x = y: a mask. False where either is NaN.
struct Equal : Comparison<Equal> {
  static constexpr Doc doc{.name = "equal", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{Equal{}, std::array{f32<2, 3>, f32<3>}}; }
  bool operator==(const Equal&) const = default;
  static auto of(auto x, auto y) { return equal(x, y); }
};

constexpr auto equal(Operand auto&& a, Operand auto&& b) {
  return apply<Equal{}>(std::forward<decltype(a)>(a), std::forward<decltype(b)>(b));
}
constexpr auto equal(Operand auto&& a, float b) { return apply<Equal{}>(std::forward<decltype(a)>(a), beside(a, b)); }

}  // namespace vitrine
