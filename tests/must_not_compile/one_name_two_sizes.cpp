// matmul: axis time has two sizes, 16 in [batch 64, time 16] and 32 in [16, time 32]
#include "vitrine/ops/matmul.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64}, time_here{"time", 16}, time_there{"time", 32};

void wrong(Tensor<batch, time_here> x, Tensor<16, time_there> weight) {
  Tensor<batch, time_there> y = matmul(x, weight);
}
