#pragma once
// Bytes as visible characters, in the files of GPT-2 and in ours: bytes_to_unicode in encoder.py of OpenAI's code for
// A. Radford et al., "Language Models are Unsupervised Multitask Learners" (2019).
#include <optional>
#include <string>
#include <string_view>

namespace vitrine {

/// Each byte as one character: those that Latin-1 shows ('!' to '~', U+00A1 to U+00AC, U+00AE to U+00FF) as themselves,
/// the other 68, in order, as U+0100 and on. In UTF-8; a space is U+0120.
std::string spell_bytes(std::string_view bytes);

/// The bytes that were spelled, or nothing if a character stands for none, or the text is not UTF-8.
std::optional<std::string> spelled_bytes(std::string_view utf8);

}  // namespace vitrine
