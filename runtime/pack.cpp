#include "runtime/pack.hpp"

#include <xmmintrin.h>

#include <algorithm>

namespace vitrine {
namespace {

/// Any strides; lanes [first, last).
void pack_lanes(const PanelSource& from, std::size_t first, std::size_t last, std::size_t first_k, std::size_t width,
                float* out) {
  for (std::size_t k = first_k; k < from.depth; ++k) {
    const float* in = from.data + static_cast<std::ptrdiff_t>(k) * from.k_stride;
    for (std::size_t j = first; j < last; ++j) {
      out[k * width + j] = in[static_cast<std::ptrdiff_t>(j) * from.lane_stride];
    }
  }
}

/// Each lane is contiguous in k: transposes of 4 x 4. Returns the first k that is left over.
std::size_t transpose_lanes(const PanelSource& from, std::size_t first, std::size_t width, float* out) {
  const float* in = from.data + static_cast<std::ptrdiff_t>(first) * from.lane_stride;
  std::size_t k = 0;
  for (; k + 4 <= from.depth; k += 4) {
    __m128 row0 = _mm_loadu_ps(in + k);
    __m128 row1 = _mm_loadu_ps(in + k + from.lane_stride);
    __m128 row2 = _mm_loadu_ps(in + k + 2 * from.lane_stride);
    __m128 row3 = _mm_loadu_ps(in + k + 3 * from.lane_stride);
    _MM_TRANSPOSE4_PS(row0, row1, row2, row3);
    float* to = out + k * width + first;
    _mm_storeu_ps(to, row0);
    _mm_storeu_ps(to + width, row1);
    _mm_storeu_ps(to + 2 * width, row2);
    _mm_storeu_ps(to + 3 * width, row3);
  }
  return k;
}

}  // namespace

void pack_panel(const PanelSource& from, std::size_t width, float* out) {
  std::size_t lane = 0;
  if (from.k_stride == 1) {
    for (; lane + 4 <= from.lanes; lane += 4) {
      pack_lanes(from, lane, lane + 4, transpose_lanes(from, lane, width, out), width, out);
    }
  }
  pack_lanes(from, lane, from.lanes, 0, width, out);
  for (std::size_t k = 0; k < from.depth && from.lanes < width; ++k) {
    std::fill(out + k * width + from.lanes, out + (k + 1) * width, 0.0f);
  }
}

}  // namespace vitrine
