#pragma once
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// x while a model trains and y when it is used. A model is traced once, in training form: the value is x, and the pass
/// `training` takes it; the pass `inference` takes y.
struct WhenTraining : Elementwise<WhenTraining, 2> {
  static constexpr Doc doc{.name = "when_training", .kind = Kind::layout};
  static constexpr auto example() { return Example{WhenTraining{}, std::array{f32<2, 3>, f32<2, 3>}}; }
  bool operator==(const WhenTraining&) const = default;
  static auto of(auto x, auto) { return x; }
  constexpr Inferred type(Type training, Type inference) const {
    if (training.dtype != DType::f32 || training != inference)
      return Sentence{} << "when_training: wants two f32 tensors of one type, got " << training << " and " << inference;
    return training;
  }
};

constexpr auto when_training(Operand auto&& training, Operand auto&& inference) {
  return apply<WhenTraining{}>(std::forward<decltype(training)>(training),
                               std::forward<decltype(inference)>(inference));
}

}  // namespace vitrine
