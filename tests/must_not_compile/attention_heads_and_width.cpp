// attention: width 8 is no multiple of head 3; give each head as many numbers
#include "vitrine/layers/self_attention.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 2}, step{"time", 6}, width{"width", 8}, head{"head", 3};

void wrong(const SelfAttention<step, width, head>& layer, Tensor<batch, step, width> x) {
  Tensor<batch, step, width> y = layer(x);
}
