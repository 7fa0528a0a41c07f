#pragma once
// Byte-pair encoding: P. Gage, "A New Algorithm for Data Compression", The C Users Journal 12 (1994); for words,
// R. Sennrich, B. Haddow and A. Birch, "Neural Machine Translation of Rare Words with Subword Units" (2016,
// arXiv:1508.07909); on bytes, A. Radford et al., "Language Models are Unsupervised Multitask Learners" (2019),
// section 2.2. The 256 bytes are tokens, so any bytes can be encoded and come back as they were.
#include <array>
#include <unordered_map>

#include "tools/text/split.hpp"
#include "tools/text/tokenizer.hpp"

namespace vitrine {

/// Where `left` stands before `right`, both become the token of their joined bytes.
struct Merge {
  std::int32_t left = 0, right = 0;
  bool operator==(const Merge&) const = default;
};

/// What errors call the places that things stand in: "TOKENS: ...", "MERGE 17: ..." for the first merge and so on.
struct BytePairPlaces {
  std::string tokens, merge;
  std::size_t first_merge = 0;
};

class BytePairTokenizer : public Tokenizer {
 public:
  /// `tokens`: the bytes of each id. `merges`: the earlier has the lower rank, and the lowest rank is merged first.
  /// Throws InputError, with the place, unless the tokens differ, none is empty, all 256 bytes are among them, each
  /// merge names two ids whose joined bytes are a token, none comes twice, and every token of several bytes is made by
  /// a merge, but for those spelled <|...|>: they mark places for a model, and encode never gives them.
  BytePairTokenizer(std::vector<std::string> tokens, std::vector<Merge> merges, Split split,
                    const BytePairPlaces& places);

  std::string_view kind() const override { return "bytes"; }
  std::size_t size() const override { return tokens_.size(); }
  Split split() const { return split_; }
  const std::vector<Merge>& merges() const { return merges_; }

  /// In each piece of the split, again and again: of all pairs of neighbours the one of the lowest rank, everywhere
  /// from left to right. Its time grows as n log n for n bytes in one piece. Throws InputError for more than 2^31 bytes
  /// only.
  std::vector<std::int32_t> encode(std::string_view text, std::string_view name = "text") const override;
  std::string token(std::int32_t id) const override;
  /// {"tokenizer": "bytes", "split": "none" or "gpt2", "tokens": [...], "merges": [[left, right], ...]}; tokens
  /// are spelled as GPT-2 spells them (byte_spelling.hpp).
  std::string to_json() const override;

 private:
  struct Known {
    std::uint32_t rank;
    std::int32_t made;
  };
  class Encoder;
  const std::string& token_at(std::int32_t id) const;

  std::vector<std::string> tokens_;
  std::vector<Merge> merges_;
  Split split_;
  std::array<std::int32_t, 256> byte_ids_{};
  std::unordered_map<std::uint64_t, Known> known_;  // by key_of(left, right), token_list.hpp
};

/// Learns merges from a text, any bytes: ids 0 to 255 are the bytes, id 256 + i is what merge i makes. Each merge is
/// the pair that stands in the text most often (overlaps counted, as three times in "aaaa"); among equals the one with
/// the lower left id, then the lower right id. No two merges make the same bytes: while no merge reaches over their
/// ends, what becomes of some bytes depends on them alone. Ends before `vocabulary` tokens where no pair stands twice:
/// see size(). Throws UsageError for a vocabulary below 256, InputError for a text with no bytes or more than 2^31;
/// `name` is the text's.
BytePairTokenizer train_byte_pairs(std::string_view text, std::size_t vocabulary, Split split, std::string_view name);

}  // namespace vitrine
