#pragma once
#include <vector>

#include "tools/data/image_set.hpp"

namespace vitrine {

/// The images of two classes of a data set, in its order, as a retina of switches sees them: a pixel brighter than half
/// is on, 1, any other off, 0. Sums of such pixels are whole numbers, so that a rule applied by hand gives the same
/// bits.
struct TwoClasses {
  std::size_t count = 0, rows = 0, columns = 0;
  std::vector<float> pixels{};       // count * rows * columns
  std::vector<float> targets{};      // 1 or 0
  std::vector<std::uint8_t> grey{};  // the images as they were, for pictures

  /// Class `one` has the target 1 and class `zero` the target 0; others are left out.
  TwoClasses(const ImageSet& set, std::size_t one, std::size_t zero) : rows(set.rows), columns(set.columns) {
    for (std::size_t i = 0; i < set.count; ++i) {
      if (set.labels[i] != one && set.labels[i] != zero) continue;
      ++count;
      targets.push_back(set.labels[i] == one ? 1.f : 0.f);
      for (std::size_t p = i * set.numbers(); p < (i + 1) * set.numbers(); ++p) {
        pixels.push_back(set.pixels[p] > 127 ? 1.f : 0.f);
        grey.push_back(set.pixels[p]);
      }
    }
  }
};

}  // namespace vitrine
