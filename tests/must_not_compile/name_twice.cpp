// matmul: [time 16, time 16] holds one name twice; rename an axis with as<from, to>(x)
#include "vitrine/ops/matmul.hpp"

using namespace vitrine;
inline constexpr Axis time_axis{"time", 16};

void wrong(Tensor<time_axis, 8> query, Tensor<time_axis, 8> key) {
  Tensor<16, 16> score = matmul(query, transpose(key));
}
