// conv2d: channels differ in [image 8, row 28, column 28, colour 3] and [3, 3, 1, 32]: the images have colour 3, the weight takes 1
#include "vitrine/ops/conv2d.hpp"

using namespace vitrine;
inline constexpr Axis image{"image", 8}, row{"row", 28}, column{"column", 28}, colour{"colour", 3};

void wrong(Tensor<image, row, column, colour> x, Tensor<3, 3, 1, 32> weight) {
  Tensor<image, 26, 26, 32> y = conv2d(x, weight);
}
