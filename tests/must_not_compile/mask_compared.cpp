// greater: wants f32 or i32, got bool[batch 64]; make numbers of it with cast<DType::f32>(x)
#include "vitrine/ops/greater.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64};

void wrong(Mask<batch> chosen, Tensor<batch> score) {
  Mask<batch> above = greater(chosen, score);
}
