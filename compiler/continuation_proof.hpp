#pragma once
// Why a graph can go on, for people: how each value hangs on earlier and later places, and what is kept.
#include "compiler/continuation.hpp"
#include "compiler/picture.hpp"

namespace vitrine {

/// The whole graph's text with the proof as comments: the claim first, then at each op `constant`, `pointwise` or
/// `prefix`, and what of it is kept under which name. It parses as the graph itself.
std::string proof_text(const Graph& full, const std::string& axis, const ContinuationReport&);

/// The same as a picture's paint.
Paint proof_paint(const Graph& full, const std::string& axis, const ContinuationReport&);

/// What is kept and what it costs, a sentence each.
std::vector<std::string> remarks_of(const Graph& full, const std::string& axis, const ContinuationReport&);

}  // namespace vitrine
