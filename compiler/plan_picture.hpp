#pragma once
#include <string>

#include "vitrine/plan.hpp"

namespace vitrine {

/// The plan's memory as an SVG picture: steps from left to right, the arena from offset 0 upwards, a rectangle for each
/// tensor from the step that makes it to the last that reads it. `graph` is what the plan was made of: it says what the
/// nodes are.
std::string plan_picture(const Plan&, const Graph& graph);

}  // namespace vitrine
