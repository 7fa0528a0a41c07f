// compiles
// The mended twins of must_not_compile/{split_sizes,concat_other_axes,slice_out_of_range,two_axes_meant}.cpp.
#include "vitrine/ops/concat.hpp"
#include "vitrine/ops/mean.hpp"
#include "vitrine/ops/slice.hpp"
#include "vitrine/ops/split.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 4}, width{"width", 64}, head{"head", 4}, each{"each", 16};

void right(Tensor<batch, width> x, Tensor<3, width> y, Tensor<batch, 16, 16> square) {
  Tensor<batch, head, each> parts = split<width, head, each>(x);
  Tensor<7, width> both = concat<batch>(x, y);
  Tensor<batch, 60> tail = slice<width, 4>(x);
  Tensor<batch, 16> rows = mean<-1>(square);
}
