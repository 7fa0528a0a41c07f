#pragma once
#include "vitrine/plan.hpp"

namespace vitrine {

/// Kernels that follow each other and need nothing of each other become one sweep: their chunks are handed to the
/// threads together, so that an optimizer's updates of all parameters cost what one update of as many numbers does.
/// Each keeps its own chunks, and so its bits. Tensors have their places.
void mark_sweeps(Plan&);

}  // namespace vitrine
