#pragma once
#include "tools/language_probes.hpp"
#include "tools/language_task.hpp"
#include "tools/training_gates.hpp"

namespace vitrine {

/// The held-out loss is far enough below that of counted pairs.
void check_held_out(const LanguageTask&, double loss, bool quick, Gates&);

/// No place sees what follows it; order matters; context matters; attention chooses. Hands out the attention weights of
/// the text's first window, one entry for each attention op; none for a model without.
std::vector<AttentionMap> check_probes(const Probed&, bool quick, Gates&);

/// The compiled graph's loss on the text's first places and its last against the reference's in double.
void check_reference(const Probed&, Gates&);

}  // namespace vitrine
