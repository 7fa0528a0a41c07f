#pragma once
#include "vitrine/ops/equal.hpp"

namespace vitrine {

/// Set where the mask is not.
struct LogicalNot : Logical<LogicalNot, 1> {
  static constexpr Doc doc{.name = "logical_not", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{LogicalNot{}, std::array{boolean<2, 3>}}; }
  bool operator==(const LogicalNot&) const = default;
  static auto of(auto x) { return 1.f - x; }
};

constexpr auto logical_not(Operand auto&& x) { return apply<LogicalNot{}>(std::forward<decltype(x)>(x)); }

/// Whether x and y differ: a mask. True where either is NaN.
constexpr auto not_equal(Operand auto&& a, Operand auto&& b) {
  return logical_not(equal(std::forward<decltype(a)>(a), std::forward<decltype(b)>(b)));
}
constexpr auto not_equal(Operand auto&& a, float b) { return logical_not(equal(std::forward<decltype(a)>(a), b)); }

}  // namespace vitrine
