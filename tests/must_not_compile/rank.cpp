// matmul: wants [..., M, K] x [..., K, N] or x [K, N], got [784] x [784, 10]
#include "vitrine/ops/matmul.hpp"

using namespace vitrine;

void wrong(Tensor<784> image, Tensor<784, 10> weight) {
  Tensor<10> y = matmul(image, weight);
}
