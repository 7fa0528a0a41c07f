#include "tools/data/images.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "vitrine/error.hpp"

namespace vitrine {

ChannelScale channel_scale(const ImageSet& set) {
  const std::size_t plane = set.rows * set.columns;
  std::vector<std::array<std::uint64_t, 256>> histogram(set.channels);
  for (std::size_t i = 0; i < set.count * set.channels; ++i)
    for (std::size_t p = 0; p < plane; ++p) ++histogram[i % set.channels][set.pixels[i * plane + p]];
  const double n = static_cast<double>(set.count * plane);
  ChannelScale scale;
  for (const auto& times : histogram) {
    double mean = 0, variance = 0;
    for (std::size_t p = 0; p < 256; ++p) mean += static_cast<double>(times[p]) * static_cast<double>(p) / 255 / n;
    for (std::size_t p = 0; p < 256; ++p) {
      const double off = static_cast<double>(p) / 255 - mean;
      variance += static_cast<double>(times[p]) * off * off / n;
    }
    scale.mean.push_back(static_cast<float>(mean));
    // A channel of equal pixels has no deviation; dividing by 1 keeps it finite.
    scale.deviation.push_back(variance > 0 ? static_cast<float>(std::sqrt(variance)) : 1.f);
  }
  return scale;
}

Layout layout_of(const Type& input, const ImageSet& images, const std::string& where) {
  std::vector<std::size_t> wanted;
  for (const Axis& axis : input.shape) wanted.push_back(axis.size);
  if (!wanted.empty()) wanted.erase(wanted.begin());  // the batch
  const auto [channels, rows, columns] = std::tuple(images.channels, images.rows, images.columns);
  using Sizes = std::vector<std::size_t>;
  const bool fits_planes = wanted == Sizes{channels, rows, columns} || wanted == Sizes{images.numbers()} ||
                           (channels == 1 && wanted == Sizes{rows, columns});
  const bool fits_pixels = wanted == Sizes{rows, columns, channels};
  if (fits_pixels && (!fits_planes || input.shape[-1].label() == "channel")) return Layout::pixels;
  if (fits_planes) return Layout::planes;
  throw InputError(fmt::format(
      "{}: its images have {} channel{} of {} x {} = {} numbers, but the model takes {}; use other data or another "
      "model",
      where, channels, channels == 1 ? "" : "s", rows, columns, images.numbers(), fmt::join(wanted, " x ")));
}

ImageExamples::ImageExamples(const ImageSet& set, const ChannelScale& scale, Layout layout, Augment augment,
                             std::uint64_t seed)
    : set_(set), layout_(layout), augment_(augment), seed_(seed) {
  if (scale.mean.size() != set.channels || scale.deviation.size() != set.channels)
    throw InternalError(
        fmt::format("images: a scale of {} channels for images of {}", scale.mean.size(), set.channels));
  for (std::size_t c = 0; c < set.channels; ++c)
    for (std::size_t p = 0; p < 256; ++p)
      number_of_.push_back((static_cast<float>(p) / 255 - scale.mean[c]) / scale.deviation[c]);
}

std::vector<Field> ImageExamples::fields() const {
  return {{"image", DType::f32, set_.numbers()}, {"label", DType::i32, 1}};
}

void ImageExamples::fill(Batch& batch) const {
  const auto images = batch.floats("image");
  const auto labels = batch.integers("label");
  for (std::size_t i = 0; i < batch.count(); ++i) {
    const std::uint32_t example = batch.examples()[i];
    labels[i] = set_.labels[example];
    write(example, crop_of(augment_, seed_, batch.before.epoch, example),
          images.subspan(i * set_.numbers(), set_.numbers()));
  }
}

void ImageExamples::write(std::uint32_t example, const Crop& crop, std::span<float> image) const {
  const auto rows = static_cast<std::ptrdiff_t>(set_.rows), columns = static_cast<std::ptrdiff_t>(set_.columns);
  const std::size_t plane = set_.rows * set_.columns;
  const auto pad = static_cast<std::ptrdiff_t>(augment_.pad);
  const std::ptrdiff_t down = static_cast<std::ptrdiff_t>(crop.row) - pad;
  const std::ptrdiff_t right = static_cast<std::ptrdiff_t>(crop.column) - pad;
  // Of a row of the image, what the crop shows; nothing where the pad is wider than the image.
  const std::ptrdiff_t first = std::max<std::ptrdiff_t>(right, 0);
  const std::ptrdiff_t shown = std::max<std::ptrdiff_t>(std::min(columns + right, columns) - first, 0);
  const std::size_t step = layout_ == Layout::planes ? 1 : set_.channels;
  std::vector<std::uint8_t> line(set_.columns);
  for (std::size_t channel = 0; channel < set_.channels; ++channel) {
    const float* number_of = number_of_.data() + channel * 256;
    const std::uint8_t* from = set_.pixels.data() + (example * set_.channels + channel) * plane;
    float* to = image.data() + channel * (layout_ == Layout::planes ? plane : 1);
    for (std::ptrdiff_t row = down; row < rows + down; ++row) {
      std::ranges::fill(line, std::uint8_t{0});
      if (row >= 0 && row < rows && shown > 0)
        std::copy_n(from + row * columns + first, shown, line.begin() + (first - right));
      if (crop.flipped) std::ranges::reverse(line);
      for (const std::uint8_t pixel : line) {
        *to = number_of[pixel];
        to += step;
      }
    }
  }
}

}  // namespace vitrine
