#pragma once
#include "compiler/graph_diff.hpp"
#include "compiler/rewriter.hpp"
#include "tools/record_diff.hpp"

namespace vitrine {

/// What a difference is of: the two sides in words.
struct Sides {
  std::string a{}, b{};
};

/// Counts, then every change under the module that it is in: "-" for what only a has, "+" for b, "~" for what changed.
std::string text(const GraphDiff&, const Graph& a, const Graph& b, const Sides&);
std::string json(const GraphDiff&, const Graph& a, const Graph& b, const Sides&);

/// The rewrites of a record, for `record_diff`; it must outlive them.
std::vector<RecordedRewrite> recorded(std::span<const Rewrite>);
/// `a` and `b` are what the difference was made of.
std::string text(const RecordDiff&, std::span<const Rewrite> a, std::span<const Rewrite> b, const Sides&);
std::string json(const RecordDiff&, std::span<const Rewrite> a, std::span<const Rewrite> b, const Sides&);

}  // namespace vitrine
