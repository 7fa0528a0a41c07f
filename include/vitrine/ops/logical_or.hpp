#pragma once
#include "vitrine/masks.hpp"

namespace vitrine {

/// Set where one of the masks is, or both.
struct LogicalOr : Logical<LogicalOr, 2> {
  static constexpr Doc doc{.name = "logical_or", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{LogicalOr{}, std::array{boolean<2, 3>, boolean<3>}}; }
  bool operator==(const LogicalOr&) const = default;
  static auto of(auto x, auto y) { return maximum(x, y); }
};

constexpr auto logical_or(Operand auto&& a, Operand auto&& b) {
  return apply<LogicalOr{}>(std::forward<decltype(a)>(a), std::forward<decltype(b)>(b));
}

}  // namespace vitrine
