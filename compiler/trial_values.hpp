#pragma once
#include "vitrine/graph.hpp"

namespace vitrine {

/// Values on which a rewrite is tried. Turn by turn: ordinary numbers; numbers with a large mean, on which careless
/// sums and variances lose everything; few different numbers, so that maxima tie; one number everywhere; then, beside
/// ordinary ones, signed zeros, infinities, NaN, subnormals and numbers near the ends of f32's range, in another order
/// each turn.
inline constexpr int finite_turns = 4, every_turn = 17;
/// A tensor of so many elements meets every hard number in each turn: it needs no more than so many.
inline constexpr std::size_t many_elements = 64;
inline constexpr int turns_of_many = 8;

/// A tensor of this type for a turn; `leaf` makes two leaves differ. Whole numbers stay what they were known to be, in
/// another order: as an index any other might be out of range. Masks are drawn.
std::vector<std::byte> trial_value(const Type&, int turn, std::uint32_t leaf, std::span<const std::byte> known);

}  // namespace vitrine
