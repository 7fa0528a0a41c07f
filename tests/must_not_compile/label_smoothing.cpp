// cross_entropy: Labels::smoothing is not from 0 to 1
#include "vitrine/losses/cross_entropy.hpp"

using namespace vitrine;

void wrong(Tensor<4, 10> logits, Indices<4> label) {
  Tensor<> loss = cross_entropy<Labels{.smoothing = 2.f}>(logits, label);
}
