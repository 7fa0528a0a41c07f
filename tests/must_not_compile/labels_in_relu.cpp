// relu: wants f32, got i32[batch 64]; make numbers of it with cast<DType::f32>(x)
#include "vitrine/ops/cast.hpp"
#include "vitrine/ops/relu.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64};

void wrong(Indices<batch> label) {
  Tensor<batch> y = relu(label);
}
