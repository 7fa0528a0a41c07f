#pragma once
// What random graphs were made of, so that a run can say what it has looked at.
#include "vitrine/graph.hpp"

namespace vitrine {

/// How often something was met, by what it is.
using Tally = std::map<std::string, std::size_t>;

/// Counts a graph once for each thing that it holds: "op exp", "rank 3", "an axis of 0", "a broadcast", "a view", "an
/// output that is a leaf", "an output twice", "f32", "a state with an update", "a named axis".
void count_facts(const Graph&, Tally&);

}  // namespace vitrine
