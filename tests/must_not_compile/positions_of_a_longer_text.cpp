// add: shapes do not broadcast: [batch 2, time 9, width 8] and [time 6, width 8]
#include "vitrine/layers/positions.hpp"

using namespace vitrine;
inline constexpr Axis batch{"batch", 2}, step{"time", 6}, width{"width", 8}, longer{"time", 9};

void wrong(const LearnedPositions<step, width>& positions, Tensor<batch, longer, width> x) {
  Tensor<batch, longer, width> y = x + positions();
}
