#pragma once
#include <cstdint>
#include <vector>

#include "vitrine/graph.hpp"

namespace vitrine {

/// For each node of a graph, by id, a number for what it computes: its op with attributes, its type, and the same of
/// its operands; an input or a state by its name, a constant by its numbers. Ids, lines, modules and steps have no part
/// in it, so that it is the same in any graph and in any process. 0 for what is dead.
std::vector<std::uint64_t> structural_hashes(const Graph&);

}  // namespace vitrine
