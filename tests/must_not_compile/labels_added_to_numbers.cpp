// add: types differ: f32[batch 64] and i32[batch 64]
#include "vitrine/ops/add.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64};

void wrong(Tensor<batch> score, Indices<batch> label) {
  Tensor<batch> y = score + label;
}
