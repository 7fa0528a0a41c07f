#pragma once
// Ways of making a picture smaller.
#include "compiler/picture.hpp"

namespace vitrine {

/// One box for each family of updates.
void fold_updates(Picture&);

/// At most `most` boxes: updates first, then repeats, then whole modules from the innermost outwards, and what is left
/// over in one box.
void fold_down_to(Picture&, std::size_t most);

}  // namespace vitrine
