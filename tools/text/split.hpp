#pragma once
// How a text is cut before byte pairs are merged: no token reaches over a cut.
#include <string_view>
#include <vector>

namespace vitrine {

enum class Split {
  none,  // the whole text is one piece
  gpt2   // words with the space before them, numbers, runs of other signs, runs of white space, English's contractions
};
std::string_view name_of(Split);

/// The pieces, in order; joined they are the text, whatever its bytes. Views into `text`.
///
/// Split::gpt2 is the pattern of encoder.py in OpenAI's code for A. Radford et al., "Language Models are Unsupervised
/// Multitask Learners" (2019): 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+, with
/// Unicode's letters, numbers and white space. Bytes that are not UTF-8, as many as stand together, are a piece of
/// their own, and what stands before them is cut as at the end of a text.
std::vector<std::string_view> pieces_of(std::string_view text, Split);

}  // namespace vitrine
