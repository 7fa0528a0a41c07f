#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// x times the sigmoid of x (Ramachandran, Zoph and Le, arXiv 1710.05941, section 3, with beta = 1: Swish), written
/// with tanh so that no exponential overflows.
struct Silu : Elementwise<Silu, 1> {
  static constexpr Doc doc{.name = "silu", .kind = Kind::activation};
  static constexpr auto example() { return Example{Silu{}, std::array{f32<2, 3>}}; }
  bool operator==(const Silu&) const = default;
  static auto of(auto x) { return 0.5f * x * (1.f + tanh(0.5f * x)); }
};

constexpr auto silu(Operand auto&& x) { return apply<Silu{}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
