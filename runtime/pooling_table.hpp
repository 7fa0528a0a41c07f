#pragma once
// What the per-ISA files of pooling offer: some windows side by side, all channels of a pixel together. Plain data, so
// that they share no function.
#include <cstddef>
#include <cstdint>

namespace vitrine {

/// The pixels that windows see: tap t of window w is the pixel at taps[t] + w * step, of `channels` floats, at place
/// places[t]. What is one a window (y, g, place) lies window after window.
struct Taps {
  std::size_t count, channels;
  const std::uint8_t* places;
  std::size_t windows;
  std::ptrdiff_t step;
};

struct PoolingTable {
  /// y[c] = the largest of the taps, the first of equals, a NaN before any number; place[c] is its place (if not null).
  void (*largest)(const Taps&, const float* const* taps, float* y, std::uint8_t* place);
  /// y[c] = (sum of the taps) * share.
  void (*mean)(const Taps&, const float* const* taps, float share, float* y);
  /// taps[t][c] = g[c] where place[c] is the tap's place, else 0; or added, with `add`.
  void (*scatter)(const Taps&, float* const* taps, const float* g, const std::uint8_t* place, bool add);
  /// taps[t][c] = g[c] * share; or added, with `add`.
  void (*spread)(const Taps&, float* const* taps, const float* g, float share, bool add);
};

const PoolingTable& pooling_table_portable();
const PoolingTable& pooling_table_avx2();
const PoolingTable& pooling_table_avx512();

}  // namespace vitrine
