#pragma once
// Ways of making a picture smaller.
#include "compiler/picture.hpp"

namespace vitrine {

/// One box for each family of updates.
void fold_updates(Picture&);

/// Of modules numbered alike ("block.0", "block.1", ...) that compute the same, the first stays and each of the others
/// becomes one box for what it computes forward and one for its gradients.
void fold_repeats(Picture&);

/// At most `most` boxes: updates first, then repeats, then whole modules from the innermost outwards, and what is left
/// over in one box.
void fold_down_to(Picture&, std::size_t most);

}  // namespace vitrine
