#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace vitrine {

/// Images of one size, as bytes 0 to 255, and the class of each. Pixels are [image, channel, row, column], row major: a
/// colour image is a red, a green and a blue plane.
struct ImageSet {
  std::size_t count = 0;
  std::size_t channels = 1;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<std::uint8_t> pixels;
  std::vector<std::uint8_t> labels;

  std::size_t numbers() const { return channels * rows * columns; }  // of one image
};

/// Drops all images behind the first `count`.
inline void keep_first(ImageSet& set, std::size_t count) {
  if (count >= set.count) return;
  set.count = count;
  set.pixels.resize(count * set.numbers());
  set.labels.resize(count);
}

}  // namespace vitrine
