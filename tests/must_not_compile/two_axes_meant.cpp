// mean: two axes of [batch 4, 16, 16] are 16; say which by its position
#include "vitrine/ops/mean.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 4};

void wrong(Tensor<batch, 16, 16> x) { Tensor<batch, 16> y = mean<Axis{16}>(x); }
