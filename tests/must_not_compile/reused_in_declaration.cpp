// an expression is usable once: name it, as in Tensor<...> h = ..., and use h; it makes f32[batch 64, 10]
#include "vitrine/ops/relu.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64};

void wrong(Tensor<batch, 10> x) {
  auto tree = relu(x);
  Tensor<batch, 10> y = tree;
}
