#pragma once
// Images as a model wants them: each channel brought to mean 0 and deviation 1, laid out as the model's input says.
#include "tools/data/augment.hpp"
#include "tools/data/dataset.hpp"
#include "tools/data/image_set.hpp"

namespace vitrine {

/// Mean and deviation of each channel's pixels, in units of 0..1.
struct ChannelScale {
  std::vector<float> mean, deviation;
};
/// Of the images that a model learns from; those that it is tested on are scaled by the same numbers.
ChannelScale channel_scale(const ImageSet&);

/// Where the channels of an image are: `planes` is [channel, row, column] (NCHW, as files have them), `pixels` is
/// [row, column, channel] (NHWC).
enum class Layout { planes, pixels };

/// The layout that a model's input asks for: [batch, channel, row, column], [batch, row, column, channel], or, in
/// planes, [batch, row, column] for grey images and [batch, pixel] for any. An axis named "channel" decides where sizes
/// do not. `where` is the images' folder. Throws InputError if images of this size do not fit.
Layout layout_of(const Type& input, const ImageSet& images, const std::string& where);

/// Fields "image" f32[numbers of an image] and "label" i32[1].
class ImageExamples : public Dataset {
 public:
  /// `set` must outlive this object. `seed` is that of the flips and crops.
  ImageExamples(const ImageSet& set, const ChannelScale& scale, Layout layout = Layout::planes, Augment augment = {},
                std::uint64_t seed = 0);

  std::size_t count() const override { return set_.count; }
  std::vector<Field> fields() const override;
  void fill(Batch& batch) const override;

 private:
  void write(std::uint32_t example, const Crop& crop, std::span<float> image) const;

  const ImageSet& set_;
  Layout layout_;
  Augment augment_;
  std::uint64_t seed_;
  std::vector<float> number_of_;  // [channel, byte 256]
};

}  // namespace vitrine
