#include "tools/image_batches.hpp"

#include <array>
#include <cmath>
#include <numeric>

#include "runtime/random.hpp"

namespace vitrine {

PixelScale pixel_scale(const ImageSet& set) {
  std::array<std::uint64_t, 256> histogram{};
  for (std::uint8_t pixel : set.pixels) ++histogram[pixel];
  const double n = static_cast<double>(set.pixels.size());
  double mean = 0, variance = 0;
  for (std::size_t p = 0; p < 256; ++p) mean += static_cast<double>(histogram[p]) * static_cast<double>(p) / 255 / n;
  for (std::size_t p = 0; p < 256; ++p) {
    const double off = static_cast<double>(p) / 255 - mean;
    variance += static_cast<double>(histogram[p]) * off * off / n;
  }
  // A set of equal pixels has no deviation; dividing by 1 keeps it finite.
  return {static_cast<float>(mean), variance > 0 ? static_cast<float>(std::sqrt(variance)) : 1.f};
}

std::vector<std::uint32_t> shuffled(std::size_t count, std::uint64_t seed, std::uint64_t epoch) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  // Fisher and Yates. 64 random bits over at most 2^32 places: the bias of the remainder is below 2^-32.
  const std::uint64_t stream = stream_of("shuffle") + epoch;
  for (std::size_t i = count; i > 1; --i) {
    const auto four = philox({static_cast<std::uint32_t>(i), 0, static_cast<std::uint32_t>(stream),
                              static_cast<std::uint32_t>(stream >> 32)},
                             {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
    std::swap(order[i - 1], order[(std::uint64_t{four[0]} << 32 | four[1]) % i]);
  }
  return order;
}

void fill_batch(const ImageSet& set, const PixelScale& scale, std::span<const std::uint32_t> order,
                std::span<float> images, std::span<std::int32_t> labels) {
  std::array<float, 256> number_of;
  for (std::size_t p = 0; p < 256; ++p) number_of[p] = (static_cast<float>(p) / 255 - scale.mean) / scale.deviation;
  const std::size_t pixels = set.rows * set.columns;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint8_t* from = set.pixels.data() + order[i] * pixels;
    for (std::size_t p = 0; p < pixels; ++p) images[i * pixels + p] = number_of[from[p]];
    labels[i] = set.labels[order[i]];
  }
}

}  // namespace vitrine
