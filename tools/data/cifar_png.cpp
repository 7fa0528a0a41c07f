#include "tools/data/cifar_png.hpp"

#include <fmt/format.h>
#include <png.h>

#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "runtime/in_quotes.hpp"
#include "runtime/input_file.hpp"
#include "runtime/write_file.hpp"
#include "tools/data/cifar_file.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

constexpr std::size_t width = cifar_side * cifar_side;

/// A label as a sentence names it. Only of a number is the text short.
std::string described(const nlohmann::json& label) {
  return label.is_number() ? label.dump() : fmt::format("of the type {}", label.type_name());
}

std::vector<std::uint8_t> read_labels(const std::filesystem::path& path) {
  const std::string name = in_quotes(path.native());
  const auto shallow = [&name](int depth, nlohmann::json::parse_event_t, const nlohmann::json&) {
    constexpr int deepest = 64;
    if (depth > deepest)
      throw InputError(
          fmt::format("{}: lists in it nest deeper than {}, and a list of labels holds none; use another "
                      "copy of the package",
                      name, deepest));
    return true;
  };
  const auto list = nlohmann::json::parse(read_text(path.string()), shallow, false);
  if (!list.is_array())
    throw InputError(fmt::format("{}: it is not a list of labels in JSON; use another copy of the package", name));
  std::vector<std::uint8_t> labels;
  for (const auto& label : list) {
    if (!label.is_number_unsigned() || label.get<std::uint64_t>() >= cifar_classes)
      throw InputError(
          fmt::format("{}: label {} is {}, but there are {} classes, 0 to {}; use another copy of the package", name,
                      labels.size(), described(label), cifar_classes, cifar_classes - 1));
    labels.push_back(label.get<std::uint8_t>());
  }
  return labels;
}

/// libpng's description of a picture, freed whatever happens.
struct Picture : png_image {
  Picture() : png_image{} { version = PNG_IMAGE_VERSION; }
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;
  ~Picture() { png_image_free(this); }
};

/// The rows of a picture, red, green, blue for each pixel. At most `most` rows are read: no more have labels.
std::vector<std::uint8_t> read_picture(const std::filesystem::path& path, std::size_t most) {
  const InputFile file(path);
  std::vector<std::byte> bytes(static_cast<std::size_t>(file.size()));
  file.read(0, bytes);
  Picture picture;
  const auto refuse_unless = [&](bool sound) {
    if (!sound)
      throw InputError(fmt::format("{}: it is not a sound PNG file ({}); use another copy of the package", file.name(),
                                   picture.message));
  };
  refuse_unless(png_image_begin_read_from_memory(&picture, bytes.data(), bytes.size()) != 0);
  if (picture.width != width || picture.height > most || picture.format != PNG_FORMAT_RGB)
    throw InputError(
        fmt::format("{}: it is {} x {} pixels of libpng's format {}, but {} of format {} (8-bit RGB) are wanted, and "
                    "at most {} rows, "
                    "as many as labels are left; use another copy of the package",
                    file.name(), picture.width, picture.height, picture.format, width, PNG_FORMAT_RGB, most));
  std::vector<std::uint8_t> rows(PNG_IMAGE_SIZE(picture));
  refuse_unless(png_image_finish_read(&picture, nullptr, rows.data(), 0, nullptr) != 0);
  return rows;
}

/// Binary records: a label, then a plane for each colour.
std::string records(std::span<const std::uint8_t> rows, std::span<const std::uint8_t> labels) {
  std::string made;
  made.reserve(labels.size() * (1 + cifar_pixels));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    made += static_cast<char>(labels[i]);
    for (std::size_t colour = 0; colour < 3; ++colour)
      for (std::size_t p = 0; p < width; ++p) made += static_cast<char>(rows[(i * width + p) * 3 + colour]);
  }
  return made;
}

}  // namespace

void convert_cifar10(const std::filesystem::path& from, const std::filesystem::path& to) {
  struct Part {
    std::string labels;
    std::vector<std::string> batches;
  };
  const std::vector<Part> parts{
      {"train_lables.json", {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"}},
      {"test_lables.json", {"test_batch"}}};
  std::map<std::string, std::string> files;
  for (const Part& part : parts) {
    const std::vector<std::uint8_t> labels = read_labels(from / part.labels);
    std::size_t used = 0;
    for (const std::string& batch : part.batches) {
      const auto rows = read_picture(from / (batch + ".png"), labels.size() - used);
      const std::size_t count = rows.size() / cifar_pixels;
      files[batch + ".bin"] = records(rows, std::span(labels).subspan(used, count));
      used += count;
    }
    if (used != labels.size())
      throw InputError(fmt::format("{}: it has {} labels for {} images; use another copy of the package",
                                   in_quotes((from / part.labels).native()), labels.size(), used));
  }
  make_folder(to);
  for (const auto& [name, bytes] : files) write_file(to / name, bytes);
}

}  // namespace vitrine
