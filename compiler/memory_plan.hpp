#pragma once
#include "compiler/draft.hpp"

namespace vitrine {

/// Every tensor and workspace starts at a multiple of this many bytes: a cache line, and the widest vector.
inline constexpr std::size_t arena_alignment = 64;

/// Gives every tensor of an ordered draft its place in the arena: large ones first, each in the tightest gap that its
/// lifetime leaves. The result of a step that is a kernel alone takes the place of an operand that dies there, if it is
/// as large, dense, and read at the element that is written. Fills in offsets, lifetimes, arena_bytes and lower_bound.
Plan place_in_arena(Draft);

}  // namespace vitrine
