// matmul: inner dimensions differ in [batch 64, 28, 28] x [in 784, out 10]: 28 != 784
#include "vitrine/layers/linear.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64}, in{"in", 784}, out{"out", 10};

void wrong(Linear<in, out> layer, Tensor<batch, 28, 28> image) {
  Tensor<batch, 28, out> y = layer(image);
}
