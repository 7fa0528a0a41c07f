#pragma once
#include "compiler/graph_diff.hpp"
#include "compiler/rewriter.hpp"

namespace vitrine {

/// What a difference is of: the two sides in words.
struct Sides {
  std::string a{}, b{};
};

/// Counts, then every change under the module that it is in: "-" for what only a has, "+" for b, "~" for what changed.
std::string text(const GraphDiff&, const Graph& a, const Graph& b, const Sides&);
std::string json(const GraphDiff&, const Graph& a, const Graph& b, const Sides&);

/// Two records: of each pass and rule how often it fired, and which rewrites one has and the other has not. Two
/// rewrites are the same if pass and rule are and what they matched is the same op of the same type in the same module.
struct RecordDiff {
  struct Row {
    std::string_view pass{};
    std::string rule{};
    std::size_t a = 0, b = 0;
  };
  std::vector<Row> rows{};  // in the order of first appearance, a before b
  std::vector<const Rewrite*> only_a{}, only_b{};
  bool equal() const { return only_a.empty() && only_b.empty(); }
};
RecordDiff record_diff(std::span<const Rewrite> a, std::span<const Rewrite> b);
std::string text(const RecordDiff&, const Sides&);
std::string json(const RecordDiff&, const Sides&);

}  // namespace vitrine
