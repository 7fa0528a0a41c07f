#pragma once
#include "vitrine/plan.hpp"

namespace vitrine {

/// From a graph, its elementwise nodes grouped or not, to a plan for a machine: steps, order, kernels, places. The plan
/// has passed check_plan. Throws InternalError for a group that is not representable (see units.hpp).
Plan compile(const Graph&, const Target&);

}  // namespace vitrine
