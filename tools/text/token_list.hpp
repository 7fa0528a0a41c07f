#pragma once
// Tokens in a row of which two neighbours can become one: what both learning byte pairs and encoding with them walk
// over.
#include <fmt/format.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "vitrine/error.hpp"

namespace vitrine {

/// A place is the number that its first byte had when the list was made; a place that is joined to the one before it
/// stays empty.
class TokenList {
 public:
  static constexpr std::uint32_t none = ~0u;
  static constexpr std::size_t longest = std::size_t{1} << 31;
  struct Pair {
    std::int32_t left = -1, right = -1;
    bool operator==(const Pair&) const = default;
  };

  /// Throws InputError, which names the text, if it is too long for a list.
  static void check_length(std::size_t bytes, std::string_view name) {
    if (bytes > longest)
      throw InputError(
          fmt::format("{}: {} bytes at once are too many, {} are the most; cut the text", name, bytes, longest));
  }

  void clear() { nodes_.clear(); }
  std::uint32_t size() const { return static_cast<std::uint32_t>(nodes_.size()); }

  /// A token behind the last, and its neighbour unless it begins a piece.
  void append(std::int32_t id, bool begins) {
    const std::uint32_t here = size();
    nodes_.push_back({id, begins ? none : here - 1, none});
    if (!begins) nodes_[here - 1].after = here;
  }

  /// -1 at an empty place.
  std::int32_t id(std::uint32_t at) const { return nodes_[at].id; }
  std::uint32_t before(std::uint32_t at) const { return nodes_[at].before; }
  std::uint32_t after(std::uint32_t at) const { return nodes_[at].after; }
  /// The token here and the next; no ids where there are no two.
  Pair pair(std::uint32_t at) const {
    const Node& here = nodes_[at];
    if (here.id < 0 || here.after == none) return {};
    return {here.id, nodes_[here.after].id};
  }

  /// The token here and the next become `made`, here.
  void join(std::uint32_t at, std::int32_t made) {
    Node& right = nodes_[nodes_[at].after];
    nodes_[at].id = made;
    nodes_[at].after = right.after;
    if (right.after != none) nodes_[right.after].before = at;
    right = {};
  }

 private:
  struct Node {
    std::int32_t id = -1;
    std::uint32_t before = none, after = none;
  };
  std::vector<Node> nodes_;
};

/// A pair as one number, the key of a table.
constexpr std::uint64_t key_of(TokenList::Pair pair) {
  return std::uint64_t{static_cast<std::uint32_t>(pair.left)} << 32 | static_cast<std::uint32_t>(pair.right);
}

}  // namespace vitrine
