// logical_and: wants masks, got f32[batch 64]; make a mask of it by a comparison, as in greater(x, 0)
#include "vitrine/ops/logical_and.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64};

void wrong(Mask<batch> chosen, Tensor<batch> score) {
  Mask<batch> both = logical_and(chosen, score);
}
