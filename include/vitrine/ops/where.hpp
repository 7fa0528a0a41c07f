#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// a where the mask is set, else b. The side that is not taken gets a gradient of 0, whatever its value is.
struct Where : Elementwise<Where, 3> {
  static constexpr Doc doc{.name = "where", .kind = Kind::arithmetic};
  static constexpr bool integers = true;
  static constexpr auto example() { return Example{Where{}, std::array{boolean<2, 3>, f32<2, 3>, f32<3>}}; }
  bool operator==(const Where&) const = default;
  static auto of(auto c, auto x, auto y) { return select(c, x, y); }
  constexpr Inferred type(Type mask, Type x, Type y) const {
    if (mask.dtype != DType::boolean) return Sentence{} << "where: wants a mask first, got " << mask;
    mask.dtype = x.dtype;
    return elementwise_type(doc.name, integers, std::array{mask, x, y});
  }
};

constexpr auto where(Operand auto&& mask, Operand auto&& a, Operand auto&& b) {
  return apply<Where{}>(std::forward<decltype(mask)>(mask), std::forward<decltype(a)>(a), std::forward<decltype(b)>(b));
}
constexpr auto where(Operand auto&& mask, Operand auto&& a, float b) {
  return apply<Where{}>(std::forward<decltype(mask)>(mask), std::forward<decltype(a)>(a), beside(a, b));
}
constexpr auto where(Operand auto&& mask, float a, Operand auto&& b) {
  return apply<Where{}>(std::forward<decltype(mask)>(mask), beside(b, a), std::forward<decltype(b)>(b));
}

}  // namespace vitrine
