// matmul: inner axes differ in [batch 64, pixel 16] x [hidden 16, 10]: pixel 16 != hidden 16
#include "vitrine/ops/matmul.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64}, pixel{"pixel", 16}, hidden{"hidden", 16};

void wrong(Tensor<batch, pixel> x, Tensor<hidden, 10> weight) {
  Tensor<batch, 10> y = matmul(x, weight);
}
