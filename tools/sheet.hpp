#pragma once
// A sheet of test images with what the model says about each: one SVG, the pixels inside it.
#include <span>
#include <string>
#include <string_view>

#include "tools/image.hpp"

namespace vitrine {

/// What stands under an image.
struct Caption {
  std::string predicted;
  std::string actual;     // shown where it differs
  double confidence = 0;  // of the prediction, 0 to 1
};

/// Ten images a row, enlarged without smoothing. A wrong one has a frame, a cross and the true class, so that colour
/// alone tells nothing; the title counts the right ones. Throws InternalError when the counts differ.
std::string sheet(std::string_view title, std::span<const Image> images, std::span<const Caption> captions);

}  // namespace vitrine
