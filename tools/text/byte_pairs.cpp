#include "tools/text/byte_pairs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <queue>
#include <tuple>

#include "runtime/in_quotes.hpp"
#include "tools/text/byte_spelling.hpp"
#include "tools/text/token_list.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

std::string spelled(std::string_view token) { return in_quotes(spell_bytes(token)); }

bool is_mark(std::string_view token) { return token.size() >= 4 && token.starts_with("<|") && token.ends_with("|>"); }

using Ids = std::unordered_map<std::string_view, std::int32_t>;

Ids ids_of(const std::vector<std::string>& tokens, const std::string& place) {
  Ids ids;
  ids.reserve(tokens.size());
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (tokens[id].empty())
      throw InputError(fmt::format("{}: the token of id {} has no bytes; use another copy", place, id));
    const auto [first, is_new] = ids.emplace(tokens[id], static_cast<std::int32_t>(id));
    if (!is_new)
      throw InputError(fmt::format("{}: the token {} has two ids, {} and {}; use another copy", place,
                                   spelled(tokens[id]), first->second, id));
  }
  return ids;
}

}  // namespace

BytePairTokenizer::BytePairTokenizer(std::vector<std::string> tokens, std::vector<Merge> merges, Split split,
                                     const BytePairPlaces& places)
    : tokens_(std::move(tokens)), merges_(std::move(merges)), split_(split) {
  const Ids ids = ids_of(tokens_, places.tokens);
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char text = static_cast<char>(byte);
    const auto found = ids.find(std::string_view(&text, 1));
    if (found == ids.end())
      throw InputError(
          fmt::format("{}: the byte 0x{:02x} (spelled {}) is no token, so not every text could be encoded; "
                      "use another copy",
                      places.tokens, byte, spelled(std::string_view(&text, 1))));
    byte_ids_[byte] = found->second;
  }
  known_.reserve(merges_.size());
  std::vector<bool> is_made(tokens_.size());
  for (std::size_t i = 0; i < merges_.size(); ++i) {
    const std::string place = fmt::format("{} {}", places.merge, places.first_merge + i);
    for (const std::int32_t id : {merges_[i].left, merges_[i].right})
      if (id < 0 || static_cast<std::size_t>(id) >= tokens_.size())
        throw InputError(
            fmt::format("{}: {} is no token's id, there are {}, from 0; use another copy", place, id, tokens_.size()));
    const std::string& left = token_at(merges_[i].left);
    const std::string& right = token_at(merges_[i].right);
    const auto made = ids.find(left + right);
    if (made == ids.end())
      throw InputError(
          fmt::format("{}: {} and {} make {}, which is no token of the vocabulary; use files that belong "
                      "together",
                      place, spelled(left), spelled(right), spelled(left + right)));
    const Known known{static_cast<std::uint32_t>(i), made->second};
    if (const auto [first, is_new] = known_.emplace(key_of({merges_[i].left, merges_[i].right}), known); !is_new)
      throw InputError(fmt::format("{}: {} and {} are merged already by {} {}; leave one out", place, spelled(left),
                                   spelled(right), places.merge, places.first_merge + first->second.rank));
    is_made[static_cast<std::size_t>(made->second)] = true;
  }
  for (std::size_t id = 0; id < tokens_.size(); ++id)
    if (tokens_[id].size() > 1 && !is_made[id] && !is_mark(tokens_[id]))
      throw InputError(
          fmt::format("{}: no merge makes the token {} (id {}); the merges are cut off or belong to another "
                      "vocabulary, use another copy",
                      places.tokens, spelled(tokens_[id]), id));
}

const std::string& BytePairTokenizer::token_at(std::int32_t id) const { return tokens_[static_cast<std::size_t>(id)]; }

std::string BytePairTokenizer::token(std::int32_t id) const {
  if (id < 0 || static_cast<std::size_t>(id) >= tokens_.size())
    throw UsageError(fmt::format("tokenizer: {} is no token's id; there are {}, from 0", id, tokens_.size()));
  return token_at(id);
}

/// Encodes piece after piece in the same memory.
class BytePairTokenizer::Encoder {
 public:
  explicit Encoder(const BytePairTokenizer& tokenizer) : tokenizer_(tokenizer) {}

  void encode(std::string_view piece, std::vector<std::int32_t>& ids) {
    list_.clear();
    for (std::size_t i = 0; i < piece.size(); ++i)
      list_.append(tokenizer_.byte_ids_[static_cast<unsigned char>(piece[i])], i == 0);
    for (std::uint32_t at = 0; at < list_.size(); ++at) queue(at);
    while (!queue_.empty()) merge_all(queue_.top().rank);
    for (std::uint32_t at = 0; at != TokenList::none; at = list_.after(at)) ids.push_back(list_.id(at));
  }

 private:
  struct Candidate {
    std::uint32_t rank, at;
    bool operator>(const Candidate& other) const { return std::tie(rank, at) > std::tie(other.rank, other.at); }
  };

  const Known* known_at(std::uint32_t at) const {
    const TokenList::Pair pair = list_.pair(at);
    if (pair.left < 0) return nullptr;
    const auto found = tokenizer_.known_.find(key_of(pair));
    return found == tokenizer_.known_.end() ? nullptr : &found->second;
  }
  void queue(std::uint32_t at) {
    if (const Known* known = known_at(at)) queue_.push({known->rank, at});
  }

  /// Everywhere, before any pair that this makes: one of those may have a lower rank.
  void merge_all(std::uint32_t rank) {
    changed_.clear();
    while (!queue_.empty() && queue_.top().rank == rank) {
      const std::uint32_t at = queue_.top().at;
      queue_.pop();
      const Known* known = known_at(at);
      if (!known || known->rank != rank) continue;  // another merge took one of the two
      list_.join(at, known->made);
      if (list_.before(at) != TokenList::none) changed_.push_back(list_.before(at));
      changed_.push_back(at);
    }
    for (const std::uint32_t at : changed_) queue(at);
  }

  const BytePairTokenizer& tokenizer_;
  TokenList list_;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue_;
  std::vector<std::uint32_t> changed_;
};

std::vector<std::int32_t> BytePairTokenizer::encode(std::string_view text, std::string_view name) const {
  std::vector<std::int32_t> ids;
  Encoder encoder(*this);
  for (const std::string_view piece : pieces_of(text, split_)) {
    TokenList::check_length(piece.size(), name);
    encoder.encode(piece, ids);
  }
  return ids;
}

std::string BytePairTokenizer::to_json() const {
  nlohmann::ordered_json json{{"tokenizer", kind()}, {"split", name_of(split_)}};
  for (const std::string& token : tokens_) json["tokens"].push_back(spell_bytes(token));
  json["merges"] = nlohmann::ordered_json::array();
  for (const Merge& merge : merges_) json["merges"].push_back({merge.left, merge.right});
  return json.dump(-1, ' ', true);
}

}  // namespace vitrine
