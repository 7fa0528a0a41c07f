// softmax: no axis time 3 in [batch 4, 10]
#include "vitrine/ops/softmax.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 4}, time_axis{"time", 3};

void wrong(Tensor<batch, 10> x) { Tensor<batch, 10> y = softmax<time_axis>(x); }
