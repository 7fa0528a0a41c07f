#pragma once
#include "compiler/draft.hpp"

namespace vitrine {

/// The graph's steps, in no order yet. Layout ops become views of their operands where strides can say it, else copies;
/// a node without operands becomes a constant; a known scalar becomes a number in the kernels that read it. Outputs are
/// dense, and none looks at the old value of a state that is updated.
/// Throws InternalError where a group is not representable (see units.hpp).
Draft draft_steps(const Graph&);

}  // namespace vitrine
