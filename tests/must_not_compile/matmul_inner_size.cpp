// matmul: inner dimensions differ in [batch 64, in 784] x [128, 10]: 784 != 128
#include "vitrine/ops/matmul.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64}, in{"in", 784};

void wrong(Tensor<batch, in> x, Tensor<128, 10> weight) {
  Tensor<batch, 10> y = matmul(x, weight);
}
