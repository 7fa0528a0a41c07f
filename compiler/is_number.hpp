#pragma once
#include "vitrine/graph.hpp"

namespace vitrine {

/// Whether v is a constant with this float (these very bits: 0 is not -0) in every element.
bool is_number(Value v, float n);

}  // namespace vitrine
