#pragma once
// Another view of the same image each time it is learned from: shifted by some pixels, and mirrored every other time.
// As for CIFAR in K. He et al., "Deep Residual Learning for Image Recognition" (2015), section 4.2: 4 pixels are padded
// on each side and a 32 x 32 crop is taken from the padded image or its flip.
#include <cstddef>
#include <cstdint>

namespace vitrine {

struct Augment {
  bool flip = false;    // left and right, in half of the cases
  std::size_t pad = 0;  // pixels of black around the image that the crop may reach into
};

/// One choice: the crop begins at this row and column of the padded image (pad, pad is the image itself).
struct Crop {
  std::size_t row = 0, column = 0;
  bool flipped = false;
  bool operator==(const Crop&) const = default;
};

/// The choice for an example in an epoch: a function of these numbers, so that it does not matter when, in which batch
/// or on which thread the example is drawn. Throws UsageError for a pad of 2^31 or more.
Crop crop_of(const Augment& augment, std::uint64_t seed, std::uint64_t epoch, std::uint32_t example);

}  // namespace vitrine
