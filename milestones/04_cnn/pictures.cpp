#include "milestones/04_cnn/pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "runtime/write_file.hpp"
#include "tools/map_grid.hpp"
#include "vitrine/ops/max_pool2d.hpp"

namespace vitrine::cnn {

namespace {

void draw_filters(const TrainedClassifier& trained, const std::filesystem::path& file) {
  const Shape& shape = trained.forward.find("first.weight").type().shape;  // [row, column, in, out]
  const std::size_t in = shape[2].size, out = shape[3].size;
  const auto weight = trained.parameters("first.weight");
  std::vector<MapRow> rows;
  for (std::size_t c = 0; c < in; ++c) {
    const char* const channel = in == 3 ? std::array{"red", "green", "blue"}[c] : "grey";
    std::vector<float> numbers;
    for (std::size_t place = 0; place < shape[0].size * shape[1].size; ++place)
      for (std::size_t o = 0; o < out; ++o) numbers.push_back(weight[(place * in + c) * out + o]);
    rows.push_back({fmt::format("{} filters of {} x {}, {}", out, shape[0].size, shape[1].size, channel), shape[0].size,
                    shape[1].size, maps_first(numbers, out)});
  }
  write_file(file, map_grid("What the first convolution looks for", rows, {.across = 8, .side = 84}));
}

/// The batch's image as a picture, from the darkest to the brightest number of each channel.
Image picture(std::span<const float> image, const Shape& shape) {
  Image made{shape[2].size, shape[1].size, {}};
  const std::size_t channels = shape[3].size;
  const auto [least, most] = std::ranges::minmax(image);
  for (std::size_t pixel = 0; pixel < image.size() / channels; ++pixel)
    for (std::size_t c = 0; c < 3; ++c) {
      const float x = image[pixel * channels + std::min(c, channels - 1)];
      made.rgb.push_back(static_cast<std::uint8_t>(most > least ? 255 * (x - least) / (most - least) : 0));
    }
  return made;
}

void draw_maps(const TrainedClassifier& trained, const std::filesystem::path& file) {
  const Shape& images = trained.forward.find("image").type().shape;
  const std::size_t image_size = images.elements() / images[0].size;
  std::vector<std::uint32_t> pools;
  for (Value v : trained.forward.topological())
    if (as<MaxPool2d>(v)) pools.push_back(v.id);
  std::vector<MapRow> rows;
  for (std::size_t image = 0; image < std::min<std::size_t>(3, trained.labels.size()); ++image)
    for (std::size_t pool = 0; pool < pools.size(); ++pool) {
      Graph graph(trained.forward);
      graph.output("maps", graph.find(pools[pool]));
      const Shape& shape = graph.find(pools[pool]).type().shape;
      const std::vector<float> all = trained.evaluate(graph, "maps");
      const std::size_t size = shape.elements() / shape[0].size;
      const auto kind = static_cast<std::size_t>(trained.labels[image]);
      MapRow row{fmt::format("{}: {} maps of {} x {} behind pool {}", trained.kinds[kind], shape[3].size, shape[1].size,
                             shape[2].size, pool + 1),
                 shape[1].size, shape[2].size, maps_first(std::span(all).subspan(image * size, size), shape[3].size)};
      if (pool == 0) row.before = picture(trained.images.subspan(image * image_size, image_size), images);
      rows.push_back(std::move(row));
    }
  write_file(file, map_grid("What the convolutions make of an image", rows));
}

}  // namespace

void draw_filters_and_maps(const TrainedClassifier& trained) {
  const std::filesystem::path folder = trained.options.out;
  draw_filters(trained, folder / "filters.svg");
  draw_maps(trained, folder / "maps.svg");
  fmt::print("drawn: {} and {}\n", (folder / "filters.svg").string(), (folder / "maps.svg").string());
}

}  // namespace vitrine::cnn
