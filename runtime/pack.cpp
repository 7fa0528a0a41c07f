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

/// Numbers [k, last) of four lanes that are contiguous in k, from lane `first` on: transposes of 4 x 4.
void transpose_lanes(const PanelSource& from, std::size_t first, std::size_t k, std::size_t last, std::size_t width,
                     float* out) {
  const float* in = from.data + static_cast<std::ptrdiff_t>(first) * from.lane_stride;
  for (; k < last; k += 4) {
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
}

/// All whole groups of four lanes, as far as whole fours of k reach; a stretch of k for all of them before the next, so
/// that what is written stays in the first cache until its lines are full. The one after the next is fetched.
void transpose_stretches(const PanelSource& from, std::size_t lanes, std::size_t depth, std::size_t width, float* out) {
  constexpr std::size_t stretch = 16;  // a line of each lane
  for (std::size_t k = 0; k < depth; k += stretch) {
    const std::size_t last = std::min(depth, k + stretch);
    for (std::size_t lane = 0; lane < lanes; lane += 4) {
      if (last < depth)
        for (std::size_t i = lane; i < lane + 4; ++i)
          __builtin_prefetch(from.data + static_cast<std::ptrdiff_t>(i) * from.lane_stride + last + stretch);
      transpose_lanes(from, lane, k, last, width, out);
    }
  }
}

}  // namespace

void pack_panel(const PanelSource& from, std::size_t width, float* out) {
  std::size_t lane = 0;
  if (from.k_stride == 1) {
    const std::size_t depth = from.depth / 4 * 4;
    lane = from.lanes / 4 * 4;
    transpose_stretches(from, lane, depth, width, out);
    pack_lanes(from, 0, lane, depth, width, out);
  }
  pack_lanes(from, lane, from.lanes, 0, width, out);
  for (std::size_t k = 0; k < from.depth && from.lanes < width; ++k) {
    std::fill(out + k * width + from.lanes, out + (k + 1) * width, 0.0f);
  }
}

}  // namespace vitrine
