// compiles
// The mended twin of must_not_compile/convolution_channels.cpp and convolution_kernel.cpp.
#include "vitrine/ops/conv2d.hpp"

using namespace vitrine;
inline constexpr Axis image{"image", 8}, row{"row", 28}, column{"column", 28}, colour{"colour", 3};

void right(Tensor<image, row, column, colour> x, Tensor<3, 3, 3, 32> weight) {
  Tensor<image, 26, 26, 32> y = conv2d(x, weight);
}
