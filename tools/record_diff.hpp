#pragma once
// What two compilations did, side by side: which rewrites one made and the other did not.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/graph.hpp"

namespace vitrine {

/// A rewrite as a comparison sees it. The nodes live as long as the record that it is taken from.
struct RecordedRewrite {
  std::string_view pass{}, rule{};
  std::vector<const Node*> matched{};
};

/// Of each pass and rule how often it fired, and which rewrites one has and the other has not. Two rewrites are the
/// same if pass and rule are and what they matched is the same op of the same type in the same module.
struct RecordDiff {
  struct Row {
    std::string_view pass{}, rule{};
    std::size_t a = 0, b = 0;
  };
  std::vector<Row> rows{};                      // in the order of first appearance, a before b
  std::vector<std::size_t> only_a{}, only_b{};  // by their places in the two records
  bool equal() const { return only_a.empty() && only_b.empty(); }
};
RecordDiff record_diff(std::span<const RecordedRewrite> a, std::span<const RecordedRewrite> b);

}  // namespace vitrine
