#pragma once
// What happens to gradients before an optimizer sees them.
#include "compiler/schedules.hpp"

namespace vitrine {

/// Gradients as Clip says. Throws UsageError for a negative bound.
Gradients clipped(const Clip&, Gradients);

/// The mean of the gradients of the runs since the last update, this one included. The sums are states,
/// "accumulated:<weight>", which begin anew after an update.
Gradients accumulated(Graph&, std::span<const Value> weights, const Gradients&, const Clock&);

}  // namespace vitrine
