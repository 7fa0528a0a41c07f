// declared f32[batch 64], but the expression makes bool[batch 64]
#include "vitrine/ops/greater.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64};

void wrong(Tensor<batch> x) {
  Tensor<batch> positive = greater(x, 0.f);
}
