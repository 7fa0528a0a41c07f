#pragma once
// SentencePiece's byte pairs, as Llama has them: T. Kudo and J. Richardson, "SentencePiece: A simple and language
// independent subword tokenizer and detokenizer for Neural Text Processing" (2018, arXiv:1808.06226), section 3.
#include <unordered_map>

#include "tools/text/tokenizer.hpp"

namespace vitrine {

/// A token's text, and how much it is wanted: the larger score is merged first.
struct Piece {
  std::string text;
  float score = 0;
};

/// The ids 0 to 2 are marks: <unk>, <s> before a text, </s>; 3 to 258 the bytes, spelled <0x00> to <0xFF>; then come
/// pieces of text. A text begins with <s>, and a space is put in front of it, so that its first word is the same token
/// as within a sentence. Its characters become tokens; then, again and again, of all neighbours whose joined text is a
/// piece those of the largest score become it, among equals the leftmost. A character that is no piece stays as bytes.
class PieceTokenizer : public Tokenizer {
 public:
  static constexpr std::int32_t start = 1, first_byte = 3;
  static constexpr std::size_t first_piece = 3 + 256;

  /// Throws InputError, with `source` in front, unless the marks and bytes stand where they belong, no other piece is
  /// empty, not UTF-8 or comes twice, and every score is a number.
  PieceTokenizer(std::vector<Piece> pieces, std::string_view source);
  // The table of ids reads the pieces where they are.
  PieceTokenizer(const PieceTokenizer&) = delete;
  PieceTokenizer& operator=(const PieceTokenizer&) = delete;

  std::string_view kind() const override { return "pieces"; }
  std::size_t size() const override { return pieces_.size(); }
  std::optional<std::int32_t> border() const override { return start; }

  /// Begins with <s>. Its time grows as n log n for n bytes. Throws InputError for more than 2^31 bytes only: bytes
  /// that are not UTF-8 are encoded as bytes.
  std::vector<std::int32_t> encode(std::string_view text, std::string_view name = "text") const override;
  /// The marks <s> and </s> have no bytes; <unk>, which encode never gives, is spelled.
  std::string token(std::int32_t id) const override;
  /// Without the space that encode put behind each <s>.
  std::string decode(std::span<const std::int32_t> ids) const override;
  /// {"tokenizer": "pieces", "pieces": [all, by id], "scores": [as many]}
  std::string to_json() const override;

 private:
  class Encoder;
  /// -1 where no piece has this text.
  std::int32_t id_of(std::string_view text) const;

  std::vector<Piece> pieces_;
  std::unordered_map<std::string_view, std::int32_t> ids_;  // of what is neither mark nor byte
};

/// How the token of a byte is spelled: "<0x0A>".
std::string spelled_byte(unsigned byte);

}  // namespace vitrine
