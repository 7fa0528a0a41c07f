#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// x above 0, else slope * x (Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models,
/// 2013, section 2.1). The derivative at 0 is the slope.
struct LeakyRelu : Elementwise<LeakyRelu, 1> {
  VITRINE_ATTRIBUTES(LeakyRelu, (Float, slope));
  static constexpr Doc doc{.name = "leaky_relu", .kind = Kind::activation};
  static constexpr auto example() { return Example{LeakyRelu{{}, 0.01f}, std::array{f32<2, 3>}}; }
  bool operator==(const LeakyRelu&) const = default;
  auto of(auto x) const { return select(greater(x, 0.f), x, static_cast<float>(slope) * x); }
};

template <Float Slope = Float(0.01f)> constexpr auto leaky_relu(Operand auto&& x) {
  return apply<LeakyRelu{{}, Slope}>(std::forward<decltype(x)>(x));
}

}  // namespace vitrine
