// as: no axis time 6 in [batch 2, head 2, time 9, each 4]
#include "vitrine/layers/self_attention.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 2}, step{"time", 6}, width{"width", 8}, head{"head", 2}, longer{"time", 9};

void wrong(const SelfAttention<step, width, head>& layer, Tensor<batch, longer, width> x) {
  Tensor<batch, longer, width> y = layer(x);
}
