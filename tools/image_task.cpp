#include "tools/image_task.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/checksum.hpp"
#include "tools/data/idx_file.hpp"
#include "tools/data/shuffle.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

std::size_t classes_of(const Graph& forward) {
  for (const auto& [name, v] : forward.outputs())
    if (name == "y") return v.type().shape[-1].size;
  throw UsageError("graph '" + forward.name() + "' has no output named 'y' to tell classes by");
}
Type input_of(const Graph& forward) {
  const Value image = forward.find("image");
  if (!image || image.type().shape.rank() < 2)
    throw UsageError("graph '" + forward.name() + "' has no input named 'image' with a batch and pixels");
  return image.type();
}
const ImageClassifier& meant_for(const ImageClassifier& first, const std::string& data) {
  const auto other = std::ranges::find(first.elsewhere, data, &ImageClassifier::data);
  return first.data == data || other == first.elsewhere.end() ? first : *other;
}

std::string folder_of(const RunOptions& options) {
  return options.data.empty() ? std::string(fashion_mnist_folder) : options.data;
}

}  // namespace

/// The setup, its graph and its images hang together: which images there are decides the setup, and the setup's graph
/// how many classes they may have.
struct ImageTask::Chosen {
  const ImageClassifier& setup;
  Graph forward;
  ImageFiles files;
  ChannelScale scale;
};

ImageTask::Chosen ImageTask::choose(const ImageClassifier& first, const RunOptions& options) {
  const std::string folder = folder_of(options);
  Graph forward = first.forward();
  ImageFiles files = read_image_files(folder, classes_of(forward));
  const ImageClassifier& setup = meant_for(first, files.name);
  if (setup.forward) forward = setup.forward();
  if (classes_of(forward) != files.class_names.size()) files = read_image_files(folder, classes_of(forward));

  // Of all images, though a quick run learns from a part: what is tested must not depend on it.
  ChannelScale scale = channel_scale(files.train);
  ImageSet& train = files.train;
  if (options.quick) {
    const double part = setup.quick_fraction * static_cast<double>(train.count);
    keep_first(train, std::max<std::size_t>(static_cast<std::size_t>(part), 1));
  }
  if (std::ranges::find(options.without, "labels") != options.without.end()) {
    std::vector<std::uint8_t> mixed;
    for (std::uint32_t i : shuffled(train.count, options.seed ^ 0x5eed, 0)) mixed.push_back(train.labels[i]);
    train.labels = mixed;
  }
  return {setup, std::move(forward), std::move(files), std::move(scale)};
}

ImageTask::ImageTask(const ImageClassifier& first, const RunOptions& options)
    : ImageTask(first, options, choose(first, options)) {}

ImageTask::ImageTask(const ImageClassifier& first, const RunOptions& options, Chosen chosen)
    : setup(chosen.setup),
      name(first.name),
      folder(folder_of(options)),
      forward(std::move(chosen.forward)),
      classes(classes_of(forward)),
      files(std::move(chosen.files)),
      input(input_of(forward)),
      batch(input.shape[0]),
      scale(std::move(chosen.scale)),
      train(files.train, scale, layout_of(input, files.train, folder), {.flip = setup.flip, .pad = setup.pad},
            options.seed),
      test(files.test, scale, layout_of(input, files.test, folder)),
      debug_nans(options.debug_nans) {}

TrainingTask ImageTask::training(const RunOptions& options) const {
  const auto sum = [](std::span<const std::uint8_t> bytes) { return checksum(std::as_bytes(bytes)).substr(0, 16); };
  std::vector<std::string> without = options.without;
  std::erase(without, "labels");  // no part of the graph: they were put in disorder
  return {.name = name,
          .forward = forward,
          .data = train,
          .unit = "image",
          .batch = batch,
          .optimizer = setup.optimizer,
          .epochs = options.quick ? 1 : setup.epochs,
          .without = without,
          .identity = {{"augmentation", fmt::format("flip {}, pad {}", setup.flip ? "yes" : "no", setup.pad)},
                       {"data", fmt::format("{} images ({}), pixels {}, labels {}", files.train.count, files.name,
                                            sum(files.train.pixels), sum(files.train.labels))}}};
}

}  // namespace vitrine
