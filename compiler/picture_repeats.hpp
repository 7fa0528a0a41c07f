#pragma once
#include "compiler/picture.hpp"

namespace vitrine {

/// Of modules numbered one after the other ("blocks.0", "blocks.1", ...) that compute the same, forward and backward,
/// only the first is drawn, and its boxes stand for the same nodes of the others. What they share without computing it
/// again, a mask say, is drawn outside of them.
void fold_repeats(Picture&);

/// Where a picture has repeats, it shows modules and not nodes: inside of a repeat each of its parts is one box,
/// outside of it each module, and all updates of a module are one.
void fold_modules_around_repeats(Picture&);

}  // namespace vitrine
