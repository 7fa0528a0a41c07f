// split: the sizes of [head 3, each 16] multiply to 48, but width has 64
#include "vitrine/ops/split.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 4}, width{"width", 64}, head{"head", 3}, each{"each", 16};

void wrong(Tensor<batch, width> x) { Tensor<batch, head, each> parts = split<width, head, each>(x); }
