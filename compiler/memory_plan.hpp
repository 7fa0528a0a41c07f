#pragma once
#include "compiler/draft.hpp"

namespace vitrine {

/// Gives every tensor of an ordered draft its place in the arena: that of the best planner (placement.hpp), for the
/// lifetimes that the order leaves (lifetimes.hpp). Fills in offsets, lifetimes, arena_bytes, lower_bound and planner.
Plan place_in_arena(Draft);

/// "arena 5.12 MiB, lower bound 5.00 MiB (+2.5 %), placed by size".
std::string memory_summary(const Plan&);

}  // namespace vitrine
