#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// Logits z and targets t in [0, 1] -> the loss of each: -t log(p) - (1 - t) log(1 - p) with p = sigmoid(z). Written
/// with softplus(z) = -log(1 - p), so that nothing overflows, a small loss is not rounded to 0, and d/dz = p - t holds
/// everywhere, also at z = 0.
struct BinaryCrossEntropy : Elementwise<BinaryCrossEntropy, 2> {
  static constexpr Doc doc{.name = "binary_cross_entropy", .kind = Kind::loss};
  static constexpr auto example() { return Example{BinaryCrossEntropy{}, std::array{f32<2, 3>, f32<2, 3>}}; }
  bool operator==(const BinaryCrossEntropy&) const = default;
  static auto of(auto z, auto t) { return t * softplus(-z) + (1.f - t) * softplus(z); }
};

}  // namespace vitrine
