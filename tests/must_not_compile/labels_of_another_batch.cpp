// cross_entropy: wants one label for each row of logits, got f32[batch 64, 10] and i32[32]
#include "vitrine/losses.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64};

void wrong(Tensor<batch, 10> logits, Indices<32> label) {
  Tensor<> loss = cross_entropy(logits, label);
}
