#pragma once
#include "vitrine/masks.hpp"

namespace vitrine {

/// Set where one of the masks is, but not both.
struct LogicalXor : Logical<LogicalXor, 2> {
  static constexpr Doc doc{.name = "logical_xor", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{LogicalXor{}, std::array{boolean<2, 3>, boolean<3>}}; }
  bool operator==(const LogicalXor&) const = default;
  static auto of(auto x, auto y) { return 1.f - equal(x, y); }
};

constexpr auto logical_xor(Operand auto&& a, Operand auto&& b) {
  return apply<LogicalXor{}>(std::forward<decltype(a)>(a), std::forward<decltype(b)>(b));
}

}  // namespace vitrine
