#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// Whether x = y: a mask. False where either is NaN.
struct Equal : Elementwise<Equal, 2> {
  static constexpr Doc doc{.name = "equal", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{Equal{}, std::array{f32<2, 3>, f32<3>}}; }
  bool operator==(const Equal&) const = default;
  static auto of(auto x, auto y) { return equal(x, y); }
  constexpr Inferred type(Type x, Type y) const {
    Inferred made = elementwise_type(doc.name, integers, std::array{x, y});
    made.type.dtype = DType::boolean;
    return made;
  }
  Gradients vjp(auto in, auto, auto) const { return Gradients(in.size()); }  // flat wherever it is not a jump
};

constexpr auto equal(Operand auto&& a, Operand auto&& b) {
  return apply<Equal{}>(std::forward<decltype(a)>(a), std::forward<decltype(b)>(b));
}
constexpr auto equal(Operand auto&& a, float b) { return apply<Equal{}>(std::forward<decltype(a)>(a), beside(a, b)); }

}  // namespace vitrine
