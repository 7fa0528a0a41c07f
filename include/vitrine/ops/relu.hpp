#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// max(x, 0). NaN stays NaN; the derivative at 0 is 0.
struct Relu : Elementwise<Relu, 1> {
  static constexpr Doc doc{.name = "relu", .kind = Kind::activation};
  static constexpr auto example() { return Example{Relu{}, std::array{f32<2, 3>}}; }
  bool operator==(const Relu&) const = default;
  static auto of(auto x) { return maximum(x, 0.f); }
};

constexpr auto relu(Operand auto&& x) { return apply<Relu{}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
