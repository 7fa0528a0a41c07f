#pragma once
#include "vitrine/project.hpp"

namespace vitrine::transformer {

using Gate =
    std::function<void(const std::string& name, bool holds, const std::string& measured, const std::string& needed)>;

/// Trains the small model to copy six letters or to turn them round, as the sign before them says, and holds it to
/// sequences that it has not seen: whole ones must be right.
void learn_sequences(const RunOptions&, const Gate&);

}  // namespace vitrine::transformer
