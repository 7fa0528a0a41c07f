#include "tools/data/cifar_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>

#include "runtime/in_quotes.hpp"
#include "runtime/input_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

constexpr std::size_t record = 1 + cifar_pixels;
constexpr std::size_t most_records = 100'000;  // ten times what a real file has

std::vector<std::string> names_of(std::string_view prefix) {
  if (prefix == "test_batch") return {"test_batch.bin"};
  std::vector<std::string> names;
  for (int i = 1; i <= 5; ++i) names.push_back(fmt::format("data_batch_{}.bin", i));
  return names;
}

bool is_here(const std::filesystem::path& path) {
  std::error_code ignored;  // a folder that cannot be searched has no such file either
  return std::filesystem::exists(path, ignored);
}

void append(ImageSet& set, const InputFile& file) {
  if (file.size() == 0 || file.size() % record != 0 || file.size() / record > most_records)
    throw InputError(fmt::format(
        "{}: it has {} bytes, but CIFAR-10's binary files are 1 to {} records of {}; the file is truncated or of "
        "another kind (CIFAR-100 has longer records), use another copy",
        file.name(), file.size(), most_records, record));
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(file.size()));
  file.read(0, std::as_writable_bytes(std::span(bytes)));
  for (std::size_t at = 0; at < bytes.size(); at += record) {
    if (bytes[at] >= cifar_classes)
      throw InputError(fmt::format(
          "{}: image {} has the label {} at byte {}, but there are {} classes, 0 to {}; the file is damaged "
          "or of another kind, use another copy",
          file.name(), at / record, bytes[at], at, cifar_classes, cifar_classes - 1));
    set.labels.push_back(bytes[at]);
    const auto pixels = std::span(bytes).subspan(at + 1, cifar_pixels);
    set.pixels.insert(set.pixels.end(), pixels.begin(), pixels.end());
  }
  set.count = set.labels.size();
}

}  // namespace

bool holds_cifar10(const std::filesystem::path& folder) {
  const auto here = [&](const std::string& name) { return is_here(folder / name); };
  return std::ranges::any_of(names_of("data_batch"), here) || std::ranges::any_of(names_of("test_batch"), here);
}

ImageSet read_cifar10(const std::filesystem::path& folder, std::string_view prefix) {
  ImageSet set{.channels = 3, .rows = cifar_side, .columns = cifar_side, .pixels = {}, .labels = {}};
  for (const std::string& name : names_of(prefix)) {
    if (!is_here(folder / name))
      throw InputError(fmt::format("no {} in the folder {}; tools/fetch cifar10 FOLDER makes all six files of CIFAR-10",
                                   name, in_quotes(folder.native())));
    append(set, InputFile(folder / name));
  }
  return set;
}

}  // namespace vitrine
