// declared f32[batch 64, digit 10], but the expression makes f32[batch 64, pixel 10]
#include "vitrine/ops/relu.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64}, pixel{"pixel", 10}, digit{"digit", 10};

void wrong(Tensor<batch, pixel> x) {
  Tensor<batch, digit> y = relu(x);
}
