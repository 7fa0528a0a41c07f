#include "tools/data/images.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/scratch.hpp"
#include "tools/data/batches.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

/// Two images of 2 x 2 pixels in three channels; channel c of image i has the bytes 100 i + 10 c + 0..3.
ImageSet two_colours() {
  ImageSet set{.count = 2, .channels = 3, .rows = 2, .columns = 2, .pixels = {}, .labels = {4, 5}};
  for (int i = 0; i < 2; ++i)
    for (int c = 0; c < 3; ++c)
      for (int p = 0; p < 4; ++p) set.pixels.push_back(static_cast<std::uint8_t>(100 * i + 10 * c + p));
  return set;
}

std::vector<int> bytes_of_first(const ImageSet& set, Layout layout) {
  const ChannelScale bytes{{0, 0, 0}, {1.f / 255, 1.f / 255, 1.f / 255}};
  const ImageExamples data(set, bytes, layout);
  Batches batches(data, {.size = 1, .shuffle = false});
  std::vector<int> found;
  for (const float number : batches.next().floats("image")) found.push_back(static_cast<int>(std::lround(number)));
  return found;
}

}  // namespace

TEST_CASE("planes are channel by channel, pixels are colour by colour") {
  const ImageSet set = two_colours();
  CHECK(bytes_of_first(set, Layout::planes) == std::vector<int>{0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23});
  CHECK(bytes_of_first(set, Layout::pixels) == std::vector<int>{0, 10, 20, 1, 11, 21, 2, 12, 22, 3, 13, 23});
}

TEST_CASE("scaled by their own means and deviations, the channels have mean 0 and deviation 1 each") {
  const ImageSet set = two_colours();
  const ChannelScale scale = channel_scale(set);
  CHECK(scale.mean[1] == Approx((10 + 11 + 12 + 13 + 110 + 111 + 112 + 113) / 8.0 / 255));
  const ImageExamples data(set, scale);
  Batches batches(data, {.size = 2, .shuffle = false});
  const Batch& batch = batches.next();
  CHECK(batch.integers("label")[0] == 4);
  CHECK(batch.integers("label")[1] == 5);
  for (std::size_t c = 0; c < 3; ++c) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t p = 0; p < 4; ++p) {
        const double x = static_cast<double>(batch.floats("image")[i * 12 + c * 4 + p]);
        sum += x;
        squares += x * x;
      }
    CHECK(sum / 8 == Approx(0).margin(1e-6));
    CHECK(squares / 8 == Approx(1));
  }
}

TEST_CASE("a channel of equal pixels is scaled to zeros, not to NaN") {
  const ImageSet set{.count = 1, .rows = 1, .columns = 3, .pixels = {7, 7, 7}, .labels = {0}};
  const ImageExamples data(set, channel_scale(set));
  Batches batches(data, {.size = 1});
  for (const float number : batches.next().floats("image")) CHECK(number == Approx(0).margin(1e-6));
}

TEST_CASE("the model's input says how images lie in it") {
  const ImageSet colour{.count = 1, .channels = 3, .rows = 32, .columns = 30, .pixels = {}, .labels = {}};
  const ImageSet grey{.count = 1, .rows = 28, .columns = 28, .pixels = {}, .labels = {}};
  const ImageSet cube{.count = 1, .channels = 3, .rows = 3, .columns = 3, .pixels = {}, .labels = {}};
  const auto layout = [](const Type& type, const ImageSet& set) { return layout_of(type, set, "folder"); };
  CHECK(layout(f32<64, 3, 32, 30>, colour) == Layout::planes);
  CHECK(layout(f32<64, 32, 30, 3>, colour) == Layout::pixels);
  CHECK(layout(f32<64, 2880>, colour) == Layout::planes);
  CHECK(layout(f32<64, 784>, grey) == Layout::planes);
  CHECK(layout(f32<64, 28, 28>, grey) == Layout::planes);
  CHECK(layout(f32<64, 1, 28, 28>, grey) == Layout::planes);
  CHECK(layout(f32<64, 28, 28, 1>, grey) == Layout::pixels);
  CHECK(layout(f32<64, 3, 3, 3>, cube) == Layout::planes);
  CHECK(layout(f32<64, 3, 3, Axis{"channel", 3}>, cube) == Layout::pixels);
  CHECK_THAT(input_error_of([&] { layout(f32<64, 784>, colour); }),
             Contains("folder: its images have 3 channels of 32 x 30 = 2880 numbers, but the model takes 784;"));
  CHECK_THAT(input_error_of([&] { layout(f32<64, 3, 30, 32>, colour); }), Contains("takes 3 x 30 x 32"));
  CHECK_THAT(input_error_of([&] { layout(f32<64, 32, 30>, colour); }), Contains("takes 32 x 30"));
  CHECK_THAT(input_error_of([&] { layout(f32<64>, grey); }), Contains("1 channel of 28 x 28"));
}

TEST_CASE("keeping the first images drops the pixels and labels of the others") {
  ImageSet set = two_colours();
  keep_first(set, 3);
  CHECK(set.count == 2);
  keep_first(set, 1);
  CHECK(set.count == 1);
  CHECK(set.pixels.size() == 12);
  CHECK(set.labels == std::vector<std::uint8_t>{4});
}
