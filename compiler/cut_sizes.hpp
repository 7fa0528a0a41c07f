#pragma once
#include "compiler/cuts.hpp"

namespace vitrine {

/// Axes get a smaller size, all of one size together, or those of them with one name (or none): in leaves, and in the
/// attributes of ops where these fit then. A constant's tensor keeps its size.
extern const Cut sizes_to_one, sizes_to_two, sizes_halved, sizes_one_less;

}  // namespace vitrine
