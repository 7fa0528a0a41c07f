#pragma once
#include "compiler/draft.hpp"

namespace vitrine {

/// Gives every state's next value its place, and says in `draft.later` which step must wait for which: whatever reads a
/// state runs before the step that overwrites it. Reads see the value before the program's step, updates commit at its
/// end. The step that makes a next value writes it over the state where that is possible; else a copy does, once the
/// last reader is done.
void commit_updates(Draft&);

}  // namespace vitrine
