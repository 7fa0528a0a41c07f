// rotary: turns pairs, but the last axis of f32[batch 2, head 2, time 6, each 3] is odd
#include "vitrine/layers/self_attention.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 2}, step{"time", 6}, width{"width", 6}, head{"head", 2};

void wrong(const RotaryAttention<step, width, head>& layer, Tensor<batch, step, width> x) {
  Tensor<batch, step, width> y = layer(x);
}
