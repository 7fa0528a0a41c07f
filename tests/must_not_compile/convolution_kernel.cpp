// conv2d: a kernel of 5x5 does not fit into the images of [image 8, 4, 4, 3]
#include "vitrine/ops/conv2d.hpp"

using namespace vitrine;
inline constexpr Axis image{"image", 8};

void wrong(Tensor<image, 4, 4, 3> x, Tensor<5, 5, 3, 6> weight) { Tensor<image, 1, 1, 6> y = conv2d(x, weight); }
