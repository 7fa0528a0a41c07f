// sinusoidal_positions: width 7 is odd; each sine wants its cosine
#include "vitrine/layers/positions.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 2}, step{"time", 6}, width{"width", 7};

void wrong(Tensor<batch, step, width> x) { Tensor<batch, step, width> y = x + sinusoidal_positions<step, width>(); }
