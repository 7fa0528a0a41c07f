#pragma once
#include <vector>

#include "tests/draw.hpp"
#include "vitrine/type.hpp"

namespace vitrine {

/// Small whole numbers (which tie), or numbers of magnitude 0.2 to 2, of both signs or of one. Integers are mostly good
/// as an index.
std::vector<std::byte> random_elements(const Type&, Draw&);

/// Whether every f32 element is a number of ordinary size: what is made of others is soon infinite or no number.
bool is_tame(const Type&, const std::vector<std::byte>&);

}  // namespace vitrine
