#pragma once
// Losses: what training makes small. Each is a scalar, the mean over all rows (or elements). Cross entropy with label
// smoothing, labels to ignore and class weights is in losses/cross_entropy.hpp.
#include "vitrine/ops/binary_cross_entropy.hpp"
#include "vitrine/ops/cross_entropy.hpp"
#include "vitrine/ops/map.hpp"

namespace vitrine {

/// The mean of (y - target)^2 over all elements.
constexpr auto mean_squared_error(Operand auto&& y, Operand auto&& target) {
  return mean(apply<MapOf<decltype([](auto a, auto b) { return (a - b) * (a - b); }), 2>{}>(
      std::forward<decltype(y)>(y), std::forward<decltype(target)>(target)));
}

/// The mean of |y - target| over all elements. Its derivative is 0 where they are equal.
constexpr auto mean_absolute_error(Operand auto&& y, Operand auto&& target) {
  return mean(apply<MapOf<decltype([](auto a, auto b) { return abs(a - b); }), 2>{}>(
      std::forward<decltype(y)>(y), std::forward<decltype(target)>(target)));
}

/// The mean over all elements of -t log(p) - (1 - t) log(1 - p), where p = sigmoid(logit) and t is the target in [0,
/// 1].
constexpr auto binary_cross_entropy(Operand auto&& logits, Operand auto&& targets) {
  return mean(
      apply<BinaryCrossEntropy{}>(std::forward<decltype(logits)>(logits), std::forward<decltype(targets)>(targets)));
}

}  // namespace vitrine
