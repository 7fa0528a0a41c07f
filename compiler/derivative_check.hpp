#pragma once
#include <string>

#include "compiler/reference.hpp"

namespace vitrine {

/// One node's derivative against central differences, in double, around the values that its operands have: the loss is
/// the sum of its elements, each times a number; along one random direction for each f32 operand, the slope must be
/// what the compiler's gradient says, to a relative 1e-6. Where differences of two steps disagree there is a kink, and
/// another direction is tried, up to five. Hands out the disagreement as a sentence, or nothing; nothing too where
/// there is no derivative to ask for.
std::string derivative_break(Value node, const Values<double>& operands);

}  // namespace vitrine
