#pragma once
#include "vitrine/graph.hpp"
#include "vitrine/optimizer.hpp"

namespace vitrine {

/// Adds the update of every weight by its gradient to the graph: accumulated and clipped first, then by the optimizer's
/// rule, each weight as its group says. Throws UsageError for numbers that make no sense and for a group that matches
/// no weight.
void add_updates(const Optimizer&, Graph&, std::span<const Value> weights, Gradients gradients);

}  // namespace vitrine
