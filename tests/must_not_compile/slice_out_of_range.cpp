// slice: 4 to 17 does not lie within axis 1 of [batch 4, time 16], 0 to 16
#include "vitrine/ops/slice.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 4}, time_axis{"time", 16};

void wrong(Tensor<batch, time_axis> x) { Tensor<batch, 13> tail = slice<time_axis, 4, 17>(x); }
