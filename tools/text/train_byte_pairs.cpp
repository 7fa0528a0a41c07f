// Learning byte pairs. Counts are kept up to date and not made anew: a merge looks only at the places where its pair
// stands.
#include <fmt/format.h>

#include <algorithm>
#include <queue>

#include "tools/text/byte_pairs.hpp"
#include "tools/text/token_list.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

using Pair = TokenList::Pair;

class Trainer {
 public:
  Trainer(std::string_view text, Split split) {
    for (unsigned byte = 0; byte < 256; ++byte) tokens_.emplace_back(1, static_cast<char>(byte));
    // A word that comes a thousand times is one piece that counts a thousand times. In what order the pieces stand in
    // the list changes no count.
    std::unordered_map<std::string_view, std::int64_t> times;
    for (const std::string_view piece : pieces_of(text, split)) ++times[piece];
    for (const auto& [piece, count] : times) {
      for (std::size_t i = 0; i < piece.size(); ++i) list_.append(static_cast<unsigned char>(piece[i]), i == 0);
      weights_.resize(list_.size(), count);
    }
    for (std::uint32_t at = 0; at < list_.size(); ++at) add(at, +1);
    queue_risen();
  }

  void learn(std::size_t vocabulary) {
    while (tokens_.size() < vocabulary && !queue_.empty()) {
      const Candidate best = queue_.top();
      queue_.pop();
      const auto found = found_.find(key_of(best.pair));
      const std::int64_t count = found == found_.end() ? 0 : found->second.count;
      if (count < 2 || count > best.count) continue;  // where there are more by now, it was queued again
      if (count < best.count) {
        queue_.push({count, best.pair});
      } else {
        merge(best.pair);
      }
    }
  }

  BytePairTokenizer made(Split split, std::string_view name) && {
    return {std::move(tokens_), std::move(merges_), split, {std::string(name), "merge", 0}};
  }

 private:
  struct Candidate {
    std::int64_t count;
    Pair pair;
    bool operator<(const Candidate& other) const {
      if (count != other.count) return count < other.count;
      return key_of(pair) > key_of(other.pair);
    }
  };
  struct Found {
    std::int64_t count = 0;
    std::vector<std::uint32_t> places{};  // all that hold the pair, and some that did
  };

  /// Counts the pair at a place (none: nothing) in or out.
  void add(std::uint32_t at, std::int64_t sign) {
    const Pair pair = at == TokenList::none ? Pair{} : list_.pair(at);
    if (pair.left < 0) return;
    Found& found = found_[key_of(pair)];
    found.count += sign * weights_[at];
    if (sign < 0) return;
    found.places.push_back(at);
    risen_.push_back(pair);
  }

  void queue_risen() {
    std::ranges::sort(risen_, {}, key_of);
    risen_.erase(std::unique(risen_.begin(), risen_.end()), risen_.end());
    for (const Pair pair : risen_) queue_.push({found_[key_of(pair)].count, pair});
    risen_.clear();
  }

  void merge(Pair pair) {
    const auto made = static_cast<std::int32_t>(tokens_.size());
    tokens_.push_back(tokens_[static_cast<std::size_t>(pair.left)] + tokens_[static_cast<std::size_t>(pair.right)]);
    merges_.push_back({pair.left, pair.right});
    std::vector<std::uint32_t> places = std::move(found_[key_of(pair)].places);
    std::ranges::sort(places);  // from left to right, or "aaa" could become "a" and "aa"
    for (const std::uint32_t at : places) {
      if (list_.pair(at) != pair) continue;
      const std::uint32_t before = list_.before(at);
      for (const std::uint32_t gone : {before, at, list_.after(at)}) add(gone, -1);
      list_.join(at, made);
      for (const std::uint32_t here : {before, at}) add(here, +1);
    }
    found_.erase(key_of(pair));
    queue_risen();
  }

  std::vector<std::string> tokens_;
  std::vector<Merge> merges_;
  TokenList list_;
  std::vector<std::int64_t> weights_;  // by place: how often its piece stands in the text
  std::unordered_map<std::uint64_t, Found> found_;
  std::priority_queue<Candidate> queue_;
  std::vector<Pair> risen_;  // pairs that were counted in since the queue was told
};

}  // namespace

BytePairTokenizer train_byte_pairs(std::string_view text, std::size_t vocabulary, Split split, std::string_view name) {
  if (vocabulary < 256)
    throw UsageError(
        fmt::format("byte pairs: a vocabulary of {} has no room for the 256 bytes; ask for 256 or more", vocabulary));
  if (text.empty()) throw InputError(fmt::format("{}: it has no bytes to learn from; use a text", name));
  TokenList::check_length(text.size(), name);
  Trainer trainer(text, split);
  trainer.learn(vocabulary);
  return std::move(trainer).made(split, name);
}

}  // namespace vitrine
