// compiles
// The mended twin of must_not_compile/matmul_inner_size.cpp.
#include "vitrine/ops/matmul.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64}, in{"in", 784};

void right(Tensor<batch, in> x, Tensor<in, 10> weight) { Tensor<batch, 10> y = matmul(x, weight); }
