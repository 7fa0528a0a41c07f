#include "tools/data/augment.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "tests/scratch.hpp"
#include "tools/data/batches.hpp"
#include "tools/data/images.hpp"

using namespace vitrine;

namespace {

/// Images of two channels whose pixels are all different and not 0 (black).
ImageSet pictures(std::size_t count, std::size_t rows, std::size_t columns) {
  ImageSet set{.count = count, .channels = 2, .rows = rows, .columns = columns, .pixels = {}, .labels = {}};
  for (std::size_t i = 0; i < count * set.numbers(); ++i) set.pixels.push_back(static_cast<std::uint8_t>(1 + i % 255));
  for (std::size_t i = 0; i < count; ++i) set.labels.push_back(static_cast<std::uint8_t>(i % 10));
  return set;
}
/// Numbers are the bytes themselves.
const ChannelScale bytes{{0, 0}, {1.f / 255, 1.f / 255}};

/// Every image of `epoch`, as bytes, from batches of this size.
std::map<std::uint32_t, std::vector<float>> views(const Dataset& data, std::size_t size, std::uint64_t seed,
                                                  std::uint64_t epoch, bool prefetch) {
  std::map<std::uint32_t, std::vector<float>> found;
  Batches batches(data, {.size = size, .seed = seed, .prefetch = prefetch}, {epoch, 0});
  while (batches.cursor().epoch == epoch) {
    const Batch& batch = batches.next();
    const auto images = batch.floats("image");
    const std::size_t numbers = images.size() / batch.count();
    for (std::size_t i = 0; i < batch.count(); ++i) {
      const auto image = images.subspan(i * numbers, numbers);
      found[batch.examples()[i]] = {image.begin(), image.end()};
    }
  }
  return found;
}

}  // namespace

TEST_CASE("flips and crops depend on the seed, the epoch and the example only, not on batches, order or threads") {
  const ImageSet set = pictures(40, 6, 5);
  const Augment both{.flip = true, .pad = 2};
  const ImageExamples data(set, bytes, Layout::planes, both, 9), other(set, bytes, Layout::planes, both, 10);
  const auto views_of_epoch = views(data, 7, 1, 3, false);
  CHECK(views_of_epoch.size() == 40);
  CHECK(views(data, 40, 2, 3, true) == views_of_epoch);  // another order, other batches, on a thread
  CHECK(views(data, 7, 1, 4, false) != views_of_epoch);
  CHECK(views(other, 7, 1, 3, false) != views_of_epoch);
}

TEST_CASE("going on in the middle of an epoch gives the same bits of every image") {
  const ImageSet set = pictures(11, 4, 4);
  const ImageExamples data(set, bytes, Layout::pixels, {.flip = true, .pad = 1}, 5);
  Batches unbroken(data, {.size = 3, .seed = 5});
  for (int i = 0; i < 6; ++i) {
    const Cursor before = unbroken.cursor();
    const Batch& batch = unbroken.next();
    Batches again(data, {.size = 3, .seed = 5}, before);
    const Batch& same = again.next();
    CHECK(std::ranges::equal(same.floats("image"), batch.floats("image")));
    CHECK(std::ranges::equal(same.integers("label"), batch.integers("label")));
  }
}

TEST_CASE("a crop moves an image by at most the pad and fills in black, a flip mirrors its columns") {
  const ImageSet set = pictures(30, 5, 3);
  const Augment augment{.flip = true, .pad = 2};
  const ImageExamples data(set, bytes, Layout::planes, augment, 4);
  for (const auto& [example, image] : views(data, 30, 0, 2, false)) {
    const Crop crop = crop_of(augment, 4, 2, example);
    std::size_t at = 0;
    for (std::size_t channel = 0; channel < 2; ++channel)
      for (int row = 0; row < 5; ++row)
        for (int column = 0; column < 3; ++column, ++at) {
          const int r = row + static_cast<int>(crop.row) - 2;
          const int c = (crop.flipped ? 2 - column : column) + static_cast<int>(crop.column) - 2;
          const bool inside = r >= 0 && r < 5 && c >= 0 && c < 3;
          const std::size_t place =
              ((example * 2 + channel) * 5 + static_cast<std::size_t>(r)) * 3 + static_cast<std::size_t>(c);
          CHECK(image[at] == Approx(inside ? set.pixels[place] : 0));
        }
  }
}

TEST_CASE("a pad wider than the image gives black where the crop shows nothing of it") {
  const ImageSet set = pictures(50, 2, 3);
  const ImageExamples data(set, bytes, Layout::planes, {.pad = 5}, 1);
  for (const auto& [example, image] : views(data, 50, 0, 0, false)) {
    const Crop crop = crop_of({.pad = 5}, 1, 0, example);
    const bool shows = crop.row > 3 && crop.row < 7 && crop.column > 2 && crop.column < 8;
    const auto lit = std::ranges::count_if(image, [](float number) { return number > 0; });
    CHECK((lit > 0) == shows);
  }
}

TEST_CASE("every place of a crop and both directions come about equally often") {
  const std::uint32_t count = 9 * 9 * 2 * 100;
  std::map<std::array<std::size_t, 3>, int> times;
  for (std::uint32_t example = 0; example < count; ++example) {
    const Crop crop = crop_of({.flip = true, .pad = 4}, 1, 0, example);
    ++times[{crop.row, crop.column, crop.flipped}];
  }
  CHECK(times.size() == 9 * 9 * 2);
  for (const auto& [crop, found] : times) CHECK(std::abs(found - 100) < 50);  // five deviations of 10
}

TEST_CASE("without flips and crops every epoch sees the images as they are") {
  CHECK(crop_of({}, 3, 4, 5) == Crop{0, 0, false});
  CHECK(crop_of({.flip = false, .pad = 1}, 3, 4, 5).flipped == false);
  const ImageSet set = pictures(5, 3, 3);
  const ImageExamples data(set, bytes);
  const auto first = views(data, 5, 1, 0, false);
  CHECK(first == views(data, 5, 1, 1, false));
  for (std::size_t i = 0; i < 18; ++i) CHECK(first.at(1)[i] == Approx(set.pixels[18 + i]));
  CHECK_THROWS_AS(crop_of({.pad = std::size_t{1} << 31}, 0, 0, 0), UsageError);
}
