#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// The natural logarithm: -inf at 0, NaN below.
struct Log : Elementwise<Log, 1> {
  static constexpr Doc doc{.name = "log", .kind = Kind::arithmetic};
  static constexpr auto example() { return Example{Log{}, std::array{f32<2, 3>}}; }
  bool operator==(const Log&) const = default;
  static auto of(auto x) { return log(x); }
};

constexpr auto log(Operand auto&& x) { return apply<Log{}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
