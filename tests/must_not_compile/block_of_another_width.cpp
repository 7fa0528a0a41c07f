// mul: shapes do not broadcast: [batch 2, time 6, inside 12] and [width 8]
#include "vitrine/layers/transformer_block.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 2}, step{"time", 6}, width{"width", 8}, head{"head", 2}, inside{"inside", 12};

void wrong(const GptBlock<step, width, head>& block, Tensor<batch, step, inside> x) {
  Tensor<batch, step, inside> y = block(x);
}
