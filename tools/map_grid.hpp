#pragma once
// Many small maps of numbers in rows: the filters of a convolution, the feature maps of an image.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/image.hpp"

namespace vitrine {

/// Maps of one size beside each other.
struct MapRow {
  std::string label;
  std::size_t rows = 0, columns = 0;
  std::vector<float> numbers{};  // [map, row, column], row major
  Image before{};                // an image in front of the maps; none if it is empty
};

/// [row, column, map], as images have their channels, as [map, row, column].
std::vector<float> maps_first(std::span<const float> numbers, std::size_t maps);

/// How many maps stand in a line, and how large.
struct MapGrid {
  std::size_t across = 16;
  double side = 48;
};

/// One row of the picture for each MapRow, in lines of at most `across` maps. Blue below zero, white at zero, orange
/// above; each row has one scale for all its maps, a bar beside its label, so that weak maps look weak. Throws
/// InternalError when the numbers do not fill whole maps.
std::string map_grid(std::string_view title, std::span<const MapRow> rows, const MapGrid& = {});

}  // namespace vitrine
