#pragma once
#include <span>
#include <string_view>

#include "compiler/lifetimes.hpp"

namespace vitrine {

/// Where each block lies.
struct Placement {
  std::string_view planner{};          // who found it
  std::size_t bytes = 0;               // of the arena
  std::vector<std::size_t> offsets{};  // of each block
};

/// A way to place blocks: one after the other, the most important first, each in a gap that its lifetime leaves.
struct Planner {
  std::string_view name;
  std::string_view doc;
  Placement (*place)(const std::vector<Block>&, std::size_t most);
};

/// All planners, in the order in which they are tried. `place` gives up and returns no offsets once the arena would
/// have more bytes than `most`. Each takes about n log n steps for n blocks.
std::span<const Planner> planners();

/// The placement of fewest bytes; the earlier planner's if several find it. Behind one that comes within 0.4 % of the
/// lower bound no planner is asked.
Placement best_placement(const std::vector<Block>&, std::size_t lower_bound);

}  // namespace vitrine
