#include "tools/data/idx_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string>

#include "runtime/in_quotes.hpp"
#include "runtime/input_file.hpp"
#include "tools/data/byte_source.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

[[noreturn]] void too_short(const std::string& name, std::string_view what, std::size_t wanted, std::size_t found) {
  throw InputError(
      fmt::format("{}: its {} should have {} bytes, but {} are there; the file is truncated, use another "
                  "copy",
                  name, what, wanted, found));
}

void read_exactly(Source& source, std::span<std::uint8_t> destination, const std::string& name, std::string_view what) {
  const std::size_t found = source.read(destination);
  if (found != destination.size()) too_short(name, what, destination.size(), found);
}

std::vector<std::uint8_t> read_data(Source& source, std::size_t count, const InputFile& file) {
  std::vector<std::uint8_t> data = read_up_to(source, count, file);
  if (data.size() != count) too_short(file.name(), "data", count, data.size());
  return data;
}

std::vector<std::size_t> read_sizes(Source& source, const std::string& name) {
  std::array<std::uint8_t, 4> magic{};
  read_exactly(source, magic, name, "IDX magic number");
  if (magic[0] != 0 || magic[1] != 0) {
    throw InputError(
        fmt::format("{}: it begins with {:02x} {:02x} {:02x} {:02x}, but an IDX file begins with 00 00; "
                    "it is another kind of file",
                    name, magic[0], magic[1], magic[2], magic[3]));
  }
  if (magic[2] != 0x08) {
    throw InputError(
        fmt::format("{}: its elements have the IDX type 0x{:02x}, but only 0x08, unsigned bytes, is read; "
                    "convert the file first",
                    name, magic[2]));
  }
  if (magic[3] < 1 || magic[3] > 8) {
    throw InputError(fmt::format("{}: it has {} axes, but 1 to 8 are read; {}", name, magic[3], use_another_copy));
  }
  std::vector<std::uint8_t> header(std::size_t{4} * magic[3]);
  read_exactly(source, header, name, "list of sizes");
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < header.size(); i += 4) {
    sizes.push_back(std::size_t{header[i]} << 24 | std::size_t{header[i + 1]} << 16 | std::size_t{header[i + 2]} << 8 |
                    std::size_t{header[i + 3]});
  }
  return sizes;
}

/// The product, refused where it wraps or exceeds what the file can hold.
std::size_t count_of(const std::vector<std::size_t>& sizes, const Source& source, const std::string& name) {
  std::size_t count = 1;
  bool wraps = false;
  for (const std::size_t size : sizes) wraps = __builtin_mul_overflow(count, size, &count) || wraps;
  if (wraps || count > source.at_most()) {
    throw InputError(
        fmt::format("{}: it announces {} elements, more than a file of this size can hold; the file is "
                    "truncated or damaged, use another copy",
                    name, fmt::join(sizes, " x ")));
  }
  return count;
}

/// The file with this name, or with ".gz" behind it.
IdxFile read_either(const std::filesystem::path& folder, const std::string& name) {
  for (const std::string& candidate : {name, name + ".gz"}) {
    std::error_code ignored;  // a folder that cannot be searched has no such file either
    if (std::filesystem::exists(folder / candidate, ignored)) return read_idx(folder / candidate);
  }
  throw InputError(
      fmt::format("no {} or {}.gz in the folder {}; install Debian's package dataset-fashion-mnist, or "
                  "name another folder with --data FOLDER",
                  name, name, in_quotes(folder.native())));
}

}  // namespace

IdxFile read_idx(const std::filesystem::path& path) {
  const InputFile file(path);
  const std::unique_ptr<Source> source = open_source(file, path);
  IdxFile result;
  result.sizes = read_sizes(*source, file.name());
  result.bytes = read_data(*source, count_of(result.sizes, *source, file.name()), file);
  std::array<std::uint8_t, 1> beyond{};
  if (source->read(beyond) != 0) {
    throw InputError(fmt::format("{}: it holds more than the {} elements that its header announces; {}", file.name(),
                                 fmt::join(result.sizes, " x "), use_another_copy));
  }
  return result;
}

ImageSet read_images(const std::filesystem::path& folder, std::string_view prefix, std::size_t classes) {
  const std::string images_name = fmt::format("{}-images-idx3-ubyte", prefix);
  const std::string labels_name = fmt::format("{}-labels-idx1-ubyte", prefix);
  IdxFile images = read_either(folder, images_name);
  IdxFile labels = read_either(folder, labels_name);
  const std::string place = in_quotes(folder.native());
  if (images.sizes.size() != 3 || images.bytes.empty()) {
    throw InputError(
        fmt::format("{} in {} has the sizes {}, but images have three: count, rows and columns, none of "
                    "them zero; use another copy",
                    images_name, place, fmt::join(images.sizes, " x ")));
  }
  if (labels.sizes.size() != 1 || labels.sizes[0] != images.sizes[0]) {
    throw InputError(
        fmt::format("{} in {} has the sizes {}, but there are {} images, each with one label; use files "
                    "that belong together",
                    labels_name, place, fmt::join(labels.sizes, " x "), images.sizes[0]));
  }
  const auto wrong = std::ranges::find_if(labels.bytes, [classes](std::uint8_t label) { return label >= classes; });
  if (wrong != labels.bytes.end()) {
    throw InputError(
        fmt::format("{} in {} has the label {} for image {}, but there are {} classes, 0 to {}; use the "
                    "labels that belong to these images",
                    labels_name, place, *wrong, wrong - labels.bytes.begin(), classes, classes - 1));
  }
  return {.count = images.sizes[0],
          .rows = images.sizes[1],
          .columns = images.sizes[2],
          .pixels = std::move(images.bytes),
          .labels = std::move(labels.bytes)};
}

}  // namespace vitrine
