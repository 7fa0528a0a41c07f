#pragma once
// The milestone's two models, traced without the parts that are named.
#include <string>
#include <vector>

#include "vitrine/graph.hpp"

namespace vitrine::transformer {

/// Letters behind a sign that says what to do with them: [batch 64, time 7] tokens of 28 kinds. Two blocks, width 64, 4
/// heads, looking everywhere.
Graph sequence_model(const std::vector<std::string>& without);

/// A character GPT: [batch 16, time 128], width 128, 4 heads, 4 blocks, a vocabulary that a text decides.
Graph character_model(const std::vector<std::string>& without);
/// The same with two blocks, width 64 and time 64: an eighth of the work for a token, so that it learns in seconds.
Graph quick_character_model(const std::vector<std::string>& without);

}  // namespace vitrine::transformer
