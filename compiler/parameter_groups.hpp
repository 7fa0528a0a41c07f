#pragma once
#include "vitrine/graph.hpp"
#include "vitrine/optimizer.hpp"

namespace vitrine {

/// Whether a path is what a pattern says, in which * stands for any letters (none, dots too).
bool matches(std::string_view pattern, std::string_view path);

/// The group of each weight: the first that matches it, else one that changes nothing. Throws UsageError for a group
/// that matches no weight: it would be a spelling mistake that changes the training without a word.
std::vector<ParameterGroup> groups_of(std::span<const ParameterGroup>, std::span<const Value> weights);

}  // namespace vitrine
