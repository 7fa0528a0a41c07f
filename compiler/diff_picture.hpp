#pragma once
// Two graphs as one picture: what both have in grey, what only one has and what changed in colours that colour-blind
// eyes tell apart, each with a sign too.
#include <string>

#include "compiler/graph_diff.hpp"

namespace vitrine {

struct DiffPictureOptions {
  std::string title_a = "a", title_b = "b";
  bool whole = false;            // everything both have too, not only what touches a change
  std::size_t most_boxes = 400;  // more are not drawn, and the heading says how many: Graphviz takes minutes for 3,000
};

/// In Graphviz's language. The same graphs give the same text, and whatever a name holds, it is drawn as that name.
std::string dot(const Graph& a, const Graph& b, const GraphDiff&, const DiffPictureOptions& = {});

}  // namespace vitrine
