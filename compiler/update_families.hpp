#pragma once
// Which nodes of a training step belong to the update of which parameter: what pictures draw in one frame.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "vitrine/graph.hpp"

namespace vitrine {

/// One family for each state that the model itself reads, and one, if need be, for what several of them share (the step
/// number, the learning rate). A state that only updates read (Adam's moments) belongs to the family that reads it.
struct UpdateFamilies {
  std::vector<std::string> titles;              // "update of up.weight", "shared by the updates"
  std::map<std::uint32_t, std::size_t> family;  // by node id: nodes of Phase::update and the states only they read
};

UpdateFamilies update_families(const Graph&);

}  // namespace vitrine
