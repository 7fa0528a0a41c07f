// reshape: [batch 64, 784] has 50176 elements, [64, 28, 27] has 48384
#include "vitrine/ops/reshape.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 64};

void wrong(Tensor<batch, 784> x) {
  Tensor<64, 28, 27> image = reshape<64, 28, 27>(x);
}
