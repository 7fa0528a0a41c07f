#pragma once
// What the per-ISA files of gradients through a max pool offer: plain data, so that they share no function.
#include <cstddef>
#include <cstdint>

namespace vitrine {

/// Some windows of an image, of which each gives its gradient to the pixel at its place. Offsets count floats; rows of
/// the image are padded, and may be read to the end of their last vector.
struct WindowsOfImage {
  std::size_t count, places, channels;  // windows, places of one, channels of the gradient
  const std::uint32_t* window_at;       // a window's first pixel
  const std::uint32_t* place_at;        // a place behind that
};

/// sums[channel][kernel row][row_floats] += each window's gradient, where it is not zero, times what lies at its pixel.
/// Rows of `sums` are whole vectors.
struct SumsByChannel {
  WindowsOfImage windows;
  const float* image;
  std::ptrdiff_t image_row;
  const float* gradients;        // [windows, channels]
  const std::uint8_t* at_place;  // the same
  std::size_t kernel_rows, row_floats;
  float* sums;
};

/// What windows give where it is not zero, as behind a relu it often is, sorted by places: entries begin[i] to begin[i
/// + 1] belong to place i % places of window i / places.
struct Entries {
  std::uint32_t* begin;    // windows * places + 1
  std::uint32_t* channel;  // and room behind the last for one vector more
  float* gradient;
};

/// image[pixel of the entry][row_floats] += gradient times weights[channel][row_floats], for one row of the kernel:
/// `image` begins as many rows further down.
struct SharesByPlace {
  WindowsOfImage windows;
  Entries entries;
  const float* weights;  // rows of whole vectors
  std::size_t row_floats;
  float* image;
};

struct PooledGradientsTable {
  std::size_t width;
  void (*sums)(const SumsByChannel&);
  void (*sort)(const WindowsOfImage&, const float* gradients, const std::uint8_t* at_place, const Entries&);
  void (*shares)(const SharesByPlace&);
  std::uint8_t (*largest)(const std::uint8_t* at_place, std::size_t count);  // 0 of none
};

PooledGradientsTable pooled_gradients_table_portable();
PooledGradientsTable pooled_gradients_table_avx2();
PooledGradientsTable pooled_gradients_table_avx512();

}  // namespace vitrine
