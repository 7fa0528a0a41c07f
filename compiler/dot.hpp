#pragma once
// A graph as a picture, in Graphviz's language.
#include <cstddef>
#include <string>

#include "compiler/picture.hpp"
#include "vitrine/graph.hpp"

namespace vitrine {

struct DotOptions {
  /// One box for each update. Modules numbered alike that compute the same are drawn once, as × their number, and then
  /// each of their parts and each module around them is one box too.
  bool fold = false;
  bool legend = true;
  Paint paint{};
  std::size_t most_boxes = 500;  // more are folded all the same: Graphviz takes a minute for 3,000
};

/// Forward values run downwards, gradients upwards beside them, each module in its frame. The same graph gives the same
/// text. Whatever a name holds, it is drawn as that name: the text is safe to hand to `dot`.
std::string dot(const Graph&, const DotOptions& = {});

}  // namespace vitrine
