#pragma once
#include "compiler/reference.hpp"

namespace vitrine {

/// By how much f32 arithmetic may move each element of each node's value away from what the reference makes in double:
/// the graph is computed `samples` times more, with every node's operands and result moved by as much as their own f32
/// rounding may, and what that changes at most is the measure. Infinite where nothing can be said: behind numbers that
/// overflow or are no numbers, and where a comparison goes one way or the other.
std::map<std::uint32_t, std::vector<double>> allowed_rounding(const Graph&, const Values<double>& leaves, int samples);

}  // namespace vitrine
