// where: wants a mask first, got f32[batch 64]
#include "vitrine/ops/where.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64};

void wrong(Tensor<batch> condition, Tensor<batch> x, Tensor<batch> y) {
  Tensor<batch> z = where(condition, x, y);
}
