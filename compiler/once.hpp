#pragma once
#include "compiler/draft.hpp"

namespace vitrine {

/// Marks what is the same at every run: the operands of a step that last, because they are constants, states that the
/// plan does not write or made of such, and as `once` the steps of which all do.
void mark_once(Draft&);

/// Gives a step that would rather read lasting operands packed (Choice::packing) a step that packs them once. Steps that
/// want the same operands packed alike share the copy.
void pack_once(Draft&);

}  // namespace vitrine
