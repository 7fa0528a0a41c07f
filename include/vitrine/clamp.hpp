#pragma once
#include "vitrine/ops/maximum.hpp"
#include "vitrine/ops/minimum.hpp"

namespace vitrine {

/// x, but not below `low` and not above `high` (which wins where they cross). NaN stays NaN. The derivative is 1
/// between them and 0 outside and at either of them.
constexpr auto clamp(Operand auto&& x, float low, float high) {
  return minimum(maximum(std::forward<decltype(x)>(x), low), high);
}

}  // namespace vitrine
