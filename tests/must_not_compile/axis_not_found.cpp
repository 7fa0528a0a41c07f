// as: no axis time 16 in [key 16, 8]
#include "vitrine/as.hpp"

using namespace vitrine;
inline constexpr Axis time_axis{"time", 16}, key_axis{"key", 16};

void wrong(Tensor<key_axis, 8> k) {
  Tensor<key_axis, 8> renamed = as<time_axis, key_axis>(k);
}
