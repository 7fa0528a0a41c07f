// concat: along axis 0 only that axis may differ: f32[batch 4, width 8] and f32[batch 4, 7]
#include "vitrine/ops/concat.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 4}, width{"width", 8};

void wrong(Tensor<batch, width> x, Tensor<batch, 7> y) { Tensor<8, width> both = concat<batch>(x, y); }
