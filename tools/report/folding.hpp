#pragma once
// What repeats is drawn once: blocks that compute the same, and updates that do the same to each parameter.
#include "tools/report/places.hpp"

namespace vitrine {

struct Folding {
  std::vector<std::uint32_t> drawn_as{};       // by node id: the node that stands for it; itself if it is drawn
  std::map<std::string, std::string> title{};  // of a frame's path, "blocks.0": "blocks.0 to 3 (× 4)"
  bool any = false;
};

/// Nodes of blocks numbered one after the other are matched by what they compute: op, attributes, type, place in the
/// block, and what their operands are; then, what is left, without the operands. Where fewer than two thirds match,
/// nothing is folded; a node without a match is drawn by itself.
Folding folding_of(const Scene&);

}  // namespace vitrine
