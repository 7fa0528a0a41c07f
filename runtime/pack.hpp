#pragma once
// Packing: a panel of a strided matrix, copied so that the innermost loop of a product reads it in one stream.
#include <cstddef>

namespace vitrine {

/// A panel of `lanes` rows (or columns) by `depth`: lane j at k is data[j * lane_stride + k * k_stride].
struct PanelSource {
  const float* data;
  std::ptrdiff_t lane_stride, k_stride;
  std::size_t lanes, depth;
};

/// Writes lane j at k to out[k * width + j]; lanes from `lanes` to `width` are zero.
void pack_panel(const PanelSource& from, std::size_t width, float* out);

}  // namespace vitrine
