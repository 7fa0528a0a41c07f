// gather: wants indices (i32), got f32[batch 2, time 6]
#include "vitrine/layers/embedding.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 2}, step{"time", 6}, width{"width", 8}, token{"token", 96};

void wrong(const Embedding<token, width>& layer, Tensor<batch, step> text) {
  Tensor<batch, step, width> x = layer(text);
}
