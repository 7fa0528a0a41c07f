#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// 1 / (1 + exp(-x)), written with tanh so that no exponential overflows.
struct Sigmoid : Elementwise<Sigmoid, 1> {
  static constexpr Doc doc{.name = "sigmoid", .kind = Kind::activation};
  static constexpr auto example() { return Example{Sigmoid{}, std::array{f32<2, 3>}}; }
  bool operator==(const Sigmoid&) const = default;
  static auto of(auto x) { return 0.5f * (1.f + tanh(0.5f * x)); }
};

constexpr auto sigmoid(Operand auto&& x) { return apply<Sigmoid{}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
