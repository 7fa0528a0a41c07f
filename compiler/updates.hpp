#pragma once
#include "compiler/draft.hpp"

namespace vitrine {

/// Gives every state's next value its place, and says in `draft.later` which step must wait for which: whatever reads a
/// state runs before the step that overwrites it. Reads see the value before the program's step, updates commit at its
/// end. The step that makes a next value writes it over the state where that is possible: a kernel at the elements that
/// it reads, a head if the target says so (Choice::overwrites). Else a copy does, once the last reader is done.
void commit_updates(Draft&, const Target&);

}  // namespace vitrine
