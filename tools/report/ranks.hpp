#pragma once
#include "tools/report/layered.hpp"

namespace vitrine {

/// A rank for each box, so that each edge runs downwards by its length at least. Edges that close a circle are turned
/// round. What nothing leads to, a parameter say, stands right above its first reader.
std::vector<std::size_t> ranks_of(std::size_t boxes, std::vector<LayerEdge>& edges);

}  // namespace vitrine
