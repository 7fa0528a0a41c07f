#pragma once
// Images as a model wants them: normalised to mean 0 and deviation 1, in an order shuffled anew for each epoch.
#include <cstdint>
#include <span>
#include <vector>

#include "tools/idx_file.hpp"

namespace vitrine {

/// Mean and deviation of all pixels, in units of 0..1.
struct PixelScale {
  float mean = 0, deviation = 1;
};
PixelScale pixel_scale(const ImageSet&);

/// Which image comes when: a permutation that depends on the seed and the epoch only.
std::vector<std::uint32_t> shuffled(std::size_t count, std::uint64_t seed, std::uint64_t epoch);

/// Copies the images that `order` names, and their labels, into a batch of as many; `images` has order.size() * pixels
/// numbers.
void fill_batch(const ImageSet&, const PixelScale&, std::span<const std::uint32_t> order, std::span<float> images,
                std::span<std::int32_t> labels);

}  // namespace vitrine
