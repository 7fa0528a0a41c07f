// compiles
// The mended twin of must_not_compile/labels_in_relu.cpp and must_not_compile/map_on_labels.cpp.
#include "vitrine/ops/cast.hpp"
#include "vitrine/ops/map.hpp"
#include "vitrine/ops/relu.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64};

void right(Tensor<batch> score, Indices<batch> label) {
  Tensor<batch> y = relu(cast<DType::f32>(label));
  Tensor<batch> z = map([](auto s, auto n) { return s * tanh(n); }, score, cast<DType::f32>(label));
}
