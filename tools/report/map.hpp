#pragma once
// The map of a compilation: a place for every node that was ever alive, so that steps show and hide and nothing moves.
#include "tools/report/folding.hpp"

namespace vitrine {

struct MapBox {
  std::uint32_t node = 0;
  double x = 0, y = 0, width = 0, height = 0;
};
struct MapFrame {
  std::string title{};
  std::size_t depth = 0;
  double x = 0, y = 0, width = 0, height = 0;
};
struct Map {
  std::vector<MapBox> boxes{};
  std::vector<MapFrame> frames{};  // the outer before the inner
  double width = 0, height = 0;
};

/// Each module is laid out in a frame of its own, as one box of the module around it. With a folding, only what stands
/// for itself is drawn.
Map map_of(const Scene&, const Folding*);

}  // namespace vitrine
