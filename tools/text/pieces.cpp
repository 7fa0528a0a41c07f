#include "tools/text/pieces.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <queue>

#include "runtime/in_quotes.hpp"
#include "tools/data/text_data.hpp"
#include "tools/text/token_list.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

constexpr std::array<std::string_view, 3> marks{"<unk>", "<s>", "</s>"};

/// Where the character at `at` ends; of a byte that begins none, behind that byte.
std::size_t end_of_character(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  const std::size_t length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
  const std::string_view character = text.substr(at, length);
  return character.size() == length && end_of_utf8(character) == length ? at + length : at + 1;
}

}  // namespace

std::string spelled_byte(unsigned byte) { return fmt::format("<0x{:02X}>", byte); }

PieceTokenizer::PieceTokenizer(std::vector<Piece> pieces, std::string_view source) : pieces_(std::move(pieces)) {
  if (size() < first_piece || size() > 0x7fffffff)
    throw InputError(
        fmt::format("{}: it has {} pieces, and 3 marks and 256 bytes stand at the front of them; use "
                    "another copy",
                    source, size()));
  ids_.reserve(size());
  for (std::size_t id = 0; id < size(); ++id) {
    const auto& [text, score] = pieces_[id];
    const auto refuse = [&](const std::string& what) {
      throw InputError(fmt::format("{}: piece {} {}; use another copy", source, id, what));
    };
    if (!std::isfinite(score)) refuse(fmt::format("has the score {}", score));
    if (id < first_piece) {
      const std::string wanted =
          id < marks.size() ? std::string(marks[id]) : spelled_byte(static_cast<unsigned>(id - marks.size()));
      if (text != wanted) refuse(fmt::format("is {} where {} belongs", in_quotes(text), wanted));
      continue;
    }
    if (text.empty() || end_of_utf8(text) != text.size()) refuse("has no text, or none in UTF-8");
    if (const auto [first, is_new] = ids_.emplace(text, static_cast<std::int32_t>(id)); !is_new)
      refuse(fmt::format("is {} again, as piece {} is", in_quotes(text), first->second));
  }
}

std::int32_t PieceTokenizer::id_of(std::string_view text) const {
  const auto found = ids_.find(text);
  return found == ids_.end() ? -1 : found->second;
}

class PieceTokenizer::Encoder {
 public:
  explicit Encoder(const PieceTokenizer& tokenizer) : tokenizer_(tokenizer) {}

  void encode(std::string_view text, std::vector<std::int32_t>& ids) {
    for (std::size_t at = 0, end = 0; at < text.size(); at = end) {
      end = end_of_character(text, at);
      if (const std::int32_t id = tokenizer_.id_of(text.substr(at, end - at)); id >= 0)
        list_.append(id, list_.size() == 0);
      else
        for (const char byte : text.substr(at, end - at))
          list_.append(first_byte + static_cast<unsigned char>(byte), list_.size() == 0);
    }
    for (std::uint32_t at = 0; at < list_.size(); ++at) queue(at);
    while (!queue_.empty()) {
      const Candidate best = queue_.top();
      queue_.pop();
      if (list_.pair(best.at) != best.pair) continue;  // another merge took one of the two
      list_.join(best.at, best.made);
      queue(best.at);
      if (list_.before(best.at) != TokenList::none) queue(list_.before(best.at));
    }
    for (std::uint32_t at = 0; at != TokenList::none; at = list_.after(at)) ids.push_back(list_.id(at));
  }

 private:
  struct Candidate {
    float score;
    std::uint32_t at;
    TokenList::Pair pair;
    std::int32_t made;
    bool operator<(const Candidate& other) const { return score != other.score ? score < other.score : at > other.at; }
  };

  void queue(std::uint32_t at) {
    const TokenList::Pair pair = list_.pair(at);
    constexpr auto piece = static_cast<std::int32_t>(first_piece);
    if (pair.left < piece || pair.right < piece) return;  // bytes join nothing
    joined_ = text_of(pair.left);
    joined_ += text_of(pair.right);
    const std::int32_t made = tokenizer_.id_of(joined_);
    if (made >= 0) queue_.push({tokenizer_.pieces_[static_cast<std::size_t>(made)].score, at, pair, made});
  }
  const std::string& text_of(std::int32_t id) const { return tokenizer_.pieces_[static_cast<std::size_t>(id)].text; }

  const PieceTokenizer& tokenizer_;
  TokenList list_;
  std::priority_queue<Candidate> queue_;
  std::string joined_;
};

std::vector<std::int32_t> PieceTokenizer::encode(std::string_view text, std::string_view name) const {
  TokenList::check_length(text.size(), name);
  std::vector<std::int32_t> ids{start};
  if (!text.empty()) Encoder(*this).encode(' ' + std::string(text), ids);
  return ids;
}

std::string PieceTokenizer::token(std::int32_t id) const {
  if (id < 0 || static_cast<std::size_t>(id) >= size())
    throw UsageError(fmt::format("tokenizer: {} is no token's id; there are {}, from 0", id, size()));
  if (id == 1 || id == 2) return "";
  if (id >= first_byte && id < static_cast<std::int32_t>(first_piece))
    return std::string(1, static_cast<char>(id - first_byte));
  return pieces_[static_cast<std::size_t>(id)].text;
}

std::string PieceTokenizer::decode(std::span<const std::int32_t> ids) const {
  std::string text;
  bool is_first = false;
  for (const std::int32_t id : ids) {
    const std::string piece = token(id);
    text += is_first && piece.starts_with(' ') ? piece.substr(1) : piece;
    is_first = id == start;
  }
  return text;
}

std::string PieceTokenizer::to_json() const {
  nlohmann::ordered_json json{{"tokenizer", kind()}};
  for (const Piece& piece : pieces_) json["pieces"].push_back(piece.text);
  for (const Piece& piece : pieces_) json["scores"].push_back(piece.score);
  return json.dump(-1, ' ', true);
}

}  // namespace vitrine
