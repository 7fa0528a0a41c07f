#pragma once
// Boxes in ranks, so that edges point downwards: a small layout of our own (after Sugiyama, Tagawa and Toda, 1981). It
// depends on nothing but its input, and takes milliseconds for what the page draws.
#include <cstddef>
#include <vector>

namespace vitrine {

struct LayerBox {
  double width = 0, height = 0;
  int lane = 0;         // of boxes in one rank those of a lower lane stand further left
  double x = 0, y = 0;  // of the upper left corner: made by the layout
};
struct LayerEdge {
  std::size_t from = 0, to = 0;
  int length = 1;                 // ranks between them at least; 0: beside each other will do
  double weight = 1;              // how hard it pulls its ends above each other; 0: it only orders their ranks
  double from_at = 0, to_at = 0;  // where the edge leaves and enters, from the boxes' middles
};
struct LayerSize {
  double width = 0, height = 0;
};

/// Places the boxes. Edges that close a circle are turned round. What no edge joins is laid out by itself, side by
/// side.
LayerSize lay_out(std::vector<LayerBox>&, std::vector<LayerEdge>, double gap_across, double gap_down);

}  // namespace vitrine
