#include "tools/data/image_files.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <tuple>

#include "runtime/in_quotes.hpp"
#include "tools/data/cifar_file.hpp"
#include "tools/data/idx_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

struct Known {
  std::string name;
  std::size_t count;         // of training images
  unsigned long labels_are;  // CRC-32 of the training labels
  std::vector<std::string> classes;
};

const std::vector<Known>& known_idx_sets() {
  static const std::vector<Known> sets{
      {"MNIST", 60'000, 0xba07e8ef, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
      {"Fashion-MNIST",
       60'000,
       0x2ed6e46a,
       {"T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"}}};
  return sets;
}

void check_labels(const ImageSet& set, std::string_view part, std::size_t classes, const std::string& place) {
  const auto wrong = std::ranges::find_if(set.labels, [classes](std::uint8_t label) { return label >= classes; });
  if (wrong != set.labels.end())
    throw InputError(
        fmt::format("{}: {} image {} has the label {}, but the model has {} classes; use other data or "
                    "another model",
                    place, part, wrong - set.labels.begin(), *wrong, classes));
}

}  // namespace

ImageFiles read_image_files(const std::filesystem::path& folder, std::size_t classes) {
  ImageFiles files{.name = "images", .train = {}, .test = {}, .class_names = {}};
  if (holds_cifar10(folder)) {
    files.name = "CIFAR-10";
    files.train = read_cifar10(folder, "data_batch");
    files.test = read_cifar10(folder, "test_batch");
    files.class_names = {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
    const std::string place = in_quotes(folder.native());
    check_labels(files.train, "training", classes, place);
    check_labels(files.test, "test", classes, place);
  } else {
    files.train = read_images(folder, "train", classes);
    files.test = read_images(folder, "t10k", classes);
    const auto& [train, test] = std::tie(files.train, files.test);
    if (train.rows != test.rows || train.columns != test.columns)
      throw InputError(
          fmt::format("{}: training images are {} x {}, but test images {} x {}; use files that belong together",
                      in_quotes(folder.native()), train.rows, train.columns, test.rows, test.columns));
    const auto sum = crc32(0, train.labels.data(), static_cast<uInt>(train.labels.size()));
    for (const Known& known : known_idx_sets()) {
      if (train.count != known.count || sum != known.labels_are) continue;
      files.name = known.name;
      files.class_names = known.classes;
    }
  }
  for (std::size_t i = files.class_names.size(); i < classes; ++i) files.class_names.push_back(std::to_string(i));
  return files;
}

}  // namespace vitrine
