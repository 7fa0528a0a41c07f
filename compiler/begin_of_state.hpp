#pragma once
#include <string>

#include "vitrine/graph.hpp"

namespace vitrine {

/// UsageError where a state cannot begin like this. Numbers of other types than f32 begin as one whole number that
/// their type holds; the seed is i32[2].
void demand_can_begin(const std::string& name, const Type&, const Init&);

}  // namespace vitrine
