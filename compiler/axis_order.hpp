#pragma once
#include <optional>

#include "vitrine/graph.hpp"
#include "vitrine/positions.hpp"

namespace vitrine {

/// The order of axes that a transpose or a permute makes; nothing for other nodes.
std::optional<Positions> order_of(Value v);

/// 0, 1, 2, ...; and the same with the last two swapped.
Positions order_in_place(int rank);
Positions order_of_transpose(int rank);

/// x in this order: x itself, its transpose, or a permute. Where x is one of these, one node for both.
Value ordered(Value x, const Positions& order);

}  // namespace vitrine
