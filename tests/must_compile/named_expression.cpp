// compiles
// The mended twin of must_not_compile/reused_expression.cpp.
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/relu.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64};

void right(Tensor<batch, 10> x) {
  Tensor<batch, 10> h = relu(x);
  Tensor<batch, 10> y = h + relu(h);
}
