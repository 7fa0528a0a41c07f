#pragma once
#include "vitrine/masks.hpp"

namespace vitrine {

/// Set where both masks are.
struct LogicalAnd : Logical<LogicalAnd, 2> {
  static constexpr Doc doc{.name = "logical_and", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{LogicalAnd{}, std::array{boolean<2, 3>, boolean<3>}}; }
  bool operator==(const LogicalAnd&) const = default;
  static auto of(auto x, auto y) { return x * y; }
};

constexpr auto logical_and(Operand auto&& a, Operand auto&& b) {
  return apply<LogicalAnd{}>(std::forward<decltype(a)>(a), std::forward<decltype(b)>(b));
}

}  // namespace vitrine
