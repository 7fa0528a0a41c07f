#pragma once
#include "vitrine/graph.hpp"

namespace vitrine {

/// Checks what must hold between any two passes: every type follows from its op and operands, operands and edges mirror
/// each other, nothing alive reads something dead, no cycle, one size for one axis name, states and their next values
/// of one type, groups that can run as one step. Throws InternalError naming the node and what is wrong.
void verify(const Graph&);

}  // namespace vitrine
