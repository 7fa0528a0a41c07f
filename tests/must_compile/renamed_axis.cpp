// compiles
// The mended twin of must_not_compile/name_twice.cpp.
#include "vitrine/as.hpp"
#include "vitrine/ops/matmul.hpp"

using namespace vitrine;
inline constexpr Axis time_axis{"time", 16}, key_axis{"key", 16};

void right(Tensor<time_axis, 8> query, Tensor<time_axis, 8> key) {
  Tensor<time_axis, key_axis> score = matmul(query, transpose(as<time_axis, key_axis>(key)));
}
