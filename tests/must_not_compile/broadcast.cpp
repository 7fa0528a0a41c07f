// add: shapes do not broadcast: [batch 64, 10] and [12]
#include "vitrine/ops/add.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64};

void wrong(Tensor<batch, 10> x, Tensor<12> bias) {
  Tensor<batch, 10> y = x + bias;
}
