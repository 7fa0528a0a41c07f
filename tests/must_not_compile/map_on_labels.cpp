// map: wants f32, got i32[batch 64]; make numbers of it with cast<DType::f32>(x)
#include "vitrine/ops/map.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64};

void wrong(Tensor<batch> score, Indices<batch> label) {
  Tensor<batch> y = map([](auto s, auto n) { return s * tanh(n); }, score, label);
}
