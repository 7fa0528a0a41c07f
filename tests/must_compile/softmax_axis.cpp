// compiles
#include "vitrine/ops/argmax.hpp"
#include "vitrine/ops/log_softmax.hpp"
#include "vitrine/ops/softmax.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 4}, kind{"kind", 10};

void right(Tensor<batch, 3, kind> x) {
  Tensor<batch, 3, kind> y = softmax<batch>(x), z = log_softmax<1>(y), last = softmax<kind>(z);
  Indices<> largest = argmax(last);
}
