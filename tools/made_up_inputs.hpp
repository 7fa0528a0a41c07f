#pragma once
#include "vitrine/graph.hpp"

namespace vitrine {

/// Elements for an input, from a seed and the input's name: numbers of N(0, 1), whole ones from 0 to `largest`, true
/// and false.
std::vector<std::byte> made_up(const std::string& name, const Type&, std::uint64_t seed, std::int32_t largest);

}  // namespace vitrine
