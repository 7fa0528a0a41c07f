#pragma once
// A graph as a picture, in Graphviz's language.
#include <cstddef>
#include <string>

#include "vitrine/graph.hpp"

namespace vitrine {

struct DotOptions {
  bool fold = false;  // one box for each update, and for each repeat of a block
  bool legend = true;
  std::size_t most_boxes = 500;  // more are folded all the same: Graphviz takes a minute for 3,000
};

/// Forward values run downwards, gradients upwards beside them, each module in its frame. The same graph gives the same
/// text. Whatever a name holds, it is drawn as that name: the text is safe to hand to `dot`.
std::string dot(const Graph&, const DotOptions& = {});

}  // namespace vitrine
