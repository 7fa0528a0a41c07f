#pragma once
#include "vitrine/language_model.hpp"

namespace vitrine {

/// Behind `generate`: reads a trained model, goes on from the prompt on stdout, says on stderr what was forgotten of a
/// prompt that is longer than the model's context, and how fast it was.
void generate_text(const LanguageModel&, const GenerateOptions&);

}  // namespace vitrine
