#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// gelu by a tanh that is at most 0.0005 off (Hendrycks and Gimpel, arXiv 1606.08415, section 2).
struct GeluTanh : Elementwise<GeluTanh, 1> {
  static constexpr Doc doc{.name = "gelu_tanh", .kind = Kind::activation};
  static constexpr auto example() { return Example{GeluTanh{}, std::array{f32<2, 3>}}; }
  bool operator==(const GeluTanh&) const = default;
  static auto of(auto x) { return 0.5f * x * (1.f + tanh(0.7978846f * (x + 0.044715f * x * x * x))); }
};

constexpr auto gelu_tanh(Operand auto&& x) { return apply<GeluTanh{}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
