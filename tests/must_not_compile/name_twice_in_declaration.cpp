// declared: [width 16, width 16] holds one name twice; rename an axis with as<from, to>(x)
#include "vitrine/expr.hpp"

using namespace vitrine;
inline constexpr Axis width{"width", 16};

void wrong(Value v) {
  Tensor<width, width> square(v);
}
