#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// Whether x > y: a mask. False where either is NaN.
struct Greater : Elementwise<Greater, 2> {
  static constexpr Doc doc{.name = "greater", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{Greater{}, std::array{f32<2, 3>, f32<3>}}; }
  bool operator==(const Greater&) const = default;
  static auto of(auto x, auto y) { return greater(x, y); }
  constexpr Inferred type(Type x, Type y) const {
    Inferred made = elementwise_type(doc.name, integers, std::array{x, y});
    made.type.dtype = DType::boolean;
    return made;
  }
  Gradients vjp(auto in, auto, auto) const { return Gradients(in.size()); }  // flat wherever it is not a jump
};

constexpr auto greater(Operand auto&& a, Operand auto&& b) {
  return apply<Greater{}>(std::forward<decltype(a)>(a), std::forward<decltype(b)>(b));
}
constexpr auto greater(Operand auto&& a, float b) {
  return apply<Greater{}>(std::forward<decltype(a)>(a), beside(a, b));
}

}  // namespace vitrine
