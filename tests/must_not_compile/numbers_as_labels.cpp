// cross_entropy: wants logits (f32) and labels (i32), got f32[batch 64, 10] and f32[batch 64]
#include "vitrine/losses.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64};

void wrong(Tensor<batch, 10> logits, Tensor<batch> label) {
  Tensor<> loss = cross_entropy(logits, label);
}
