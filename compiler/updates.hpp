#pragma once
#include "compiler/draft.hpp"

namespace vitrine {

/// Puts the steps in order and every state's next value in its place. Steps are topological, the one with the oldest
/// node first, except that whatever reads a state runs before the step that overwrites it: reads see the value before
/// the program's step, updates commit at its end. The step that makes a next value writes it over the state where that
/// is possible; else a copy does, once the last reader is done.
/// Throws InternalError if the steps make a cycle, as groups may.
void order_and_commit(Draft&);

}  // namespace vitrine
