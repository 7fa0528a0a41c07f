#pragma once
#include "vitrine/graph.hpp"

namespace vitrine {

/// A graph taken apart into lines that can be changed, removed and put together again, as one would edit its text.
/// Types of ops are not kept: they follow from the operands, and a sketch need not be a graph at all.
struct Sketch {
  struct Line {
    std::uint32_t id = 0;
    Node node{};  // its operands are below, and the type of an op is what it was
    std::vector<std::uint32_t> operands{};
    std::optional<Op> resized{};  // tried first: the op with other sizes in its attributes, if it fits
  };

  std::string name{};
  std::vector<Line> lines{};  // operands before users
  std::vector<std::pair<std::string, std::uint32_t>> outputs{};
  std::vector<std::pair<std::uint32_t, std::uint32_t>> updates{};  // state, next

  explicit Sketch(const Graph&);
  /// The graph that it is, with the same ids; nothing where it is none: a type rule that does not hold, a size that an
  /// axis has twice, groups that cannot run as steps.
  std::optional<Graph> graph() const;

  /// Every use of one value becomes a use of another.
  void replace_uses(std::uint32_t of, std::uint32_t by);
  /// The line becomes an input of the type that it had, under a name that no other leaf has.
  void become_input(Line&);
  /// How often each id is read, by lines and results.
  std::vector<std::size_t> uses() const;
  /// Removes the lines that nothing reads any more though something did when `before` was counted, and what only they
  /// read.
  void sweep(const std::vector<std::size_t>& before);
};

}  // namespace vitrine
