#pragma once
// GPT-2's tokenizer as it was published: encoder.json, an object of 50,257 tokens and their ids, and vocab.bpe, the
// 50,000 merges, a line each. `tools/fetch gpt2 FOLDER` gets both.
#include <filesystem>

#include "tools/text/byte_pairs.hpp"

namespace vitrine {

inline constexpr std::string_view gpt2_vocabulary_file = "encoder.json", gpt2_merges_file = "vocab.bpe";

/// Reads both files of a folder. Throws InputError, with file and token or line, for a file that is missing or broken;
/// a vocabulary with an id twice, a hole, a token twice, or a token that spells no bytes; merges that name unknown
/// tokens, come twice, or leave tokens unmade.
BytePairTokenizer read_gpt2(const std::filesystem::path& folder);

/// The same from the files' contents; the names are theirs in errors.
BytePairTokenizer parse_gpt2(std::string_view vocabulary, std::string_view vocabulary_name, std::string_view merges,
                             std::string_view merges_name);

}  // namespace vitrine
