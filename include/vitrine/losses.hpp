#pragma once
// Losses: what training makes small. Each is a scalar, the mean over all rows (or elements).
#include "vitrine/ops/cross_entropy.hpp"
#include "vitrine/ops/map.hpp"

namespace vitrine {

/// The mean of (y - target)^2 over all elements.
constexpr auto mean_squared_error(Operand auto&& y, Operand auto&& target) {
  return mean(apply<MapOf<decltype([](auto a, auto b) { return (a - b) * (a - b); }), 2>{}>(
      std::forward<decltype(y)>(y), std::forward<decltype(target)>(target)));
}

}  // namespace vitrine
