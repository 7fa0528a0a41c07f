#include "tools/data/idx_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <span>
#include <string>

#include "runtime/in_quotes.hpp"
#include "runtime/input_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

constexpr std::string_view use_another_copy = "the file is damaged, use another copy";

/// Bytes in order, from whatever the file is made of.
class Source {
 public:
  virtual ~Source() = default;
  /// Fills `destination` as far as there are bytes; answers how many.
  virtual std::size_t read(std::span<std::uint8_t> destination) = 0;
  /// The most bytes that may still come: nothing larger is ever allocated.
  virtual std::uint64_t at_most() const = 0;
};

class PlainSource : public Source {
 public:
  explicit PlainSource(const InputFile& file) : file_(file) {}

  std::size_t read(std::span<std::uint8_t> destination) override {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(destination.size(), at_most()));
    file_.read(offset_, std::as_writable_bytes(destination.first(count)));
    offset_ += count;
    return count;
  }
  std::uint64_t at_most() const override { return file_.size() - offset_; }

 private:
  const InputFile& file_;
  std::uint64_t offset_ = 0;
};

class GzipSource : public Source {
 public:
  explicit GzipSource(const InputFile& file) : file_(file), input_(1 << 18) {
    constexpr int gzip_only = 15 + 16;  // zlib.h, inflateInit2: largest window, gzip header and trailer
    if (inflateInit2(&stream_, gzip_only) != Z_OK) throw std::bad_alloc();
  }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;
  ~GzipSource() override { inflateEnd(&stream_); }

  std::size_t read(std::span<std::uint8_t> destination) override {
    std::size_t done = 0;
    while (done < destination.size() && !ended_) {
      if (stream_.avail_in == 0) refill();
      const auto room = std::min<std::size_t>(destination.size() - done, std::numeric_limits<uInt>::max());
      stream_.next_out = destination.data() + done;
      stream_.avail_out = static_cast<uInt>(room);
      const int status = inflate(&stream_, Z_NO_FLUSH);
      done += room - stream_.avail_out;
      if (status == Z_STREAM_END) {
        end();
      } else if (status != Z_OK) {
        throw InputError(fmt::format("{}: it is not a sound gzip file ({} near byte {}); {}", file_.name(),
                                     stream_.msg ? stream_.msg : "bad data", offset_ - stream_.avail_in,
                                     use_another_copy));
      }
    }
    return done;
  }

  // A deflate block of 258 bytes takes at least 2 bits: zlib's own figure is 1032 to 1 (zlib.net/zlib_tech.html).
  std::uint64_t at_most() const override {
    const std::uint64_t compressed = file_.size();
    return compressed > std::numeric_limits<std::uint64_t>::max() / 1032 ? compressed : compressed * 1032;
  }

 private:
  void refill() {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(input_.size(), file_.size() - offset_));
    if (count == 0) {
      throw InputError(
          fmt::format("{}: the gzip data stops in the middle, at byte {}; the file is truncated, use "
                      "another copy",
                      file_.name(), offset_));
    }
    file_.read(offset_, std::as_writable_bytes(std::span(input_).first(count)));
    offset_ += count;
    stream_.next_in = input_.data();
    stream_.avail_in = static_cast<uInt>(count);
  }

  void end() {
    ended_ = true;
    const std::uint64_t behind = file_.size() - offset_ + stream_.avail_in;
    if (behind != 0) {
      throw InputError(
          fmt::format("{}: {} bytes follow the end of its gzip data; {}", file_.name(), behind, use_another_copy));
    }
  }

  const InputFile& file_;
  std::vector<std::uint8_t> input_;
  z_stream stream_{};
  std::uint64_t offset_ = 0;  // of the first byte not yet in input_
  bool ended_ = false;
};

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

/// Memory grows with the bytes that really come, so that a small file that announces a thousand times its size costs
/// little. Four times is more than images compress, so a sound file is read in one piece.
std::vector<std::uint8_t> read_data(Source& source, std::size_t count, const InputFile& file) {
  std::vector<std::uint8_t> data;
  auto room = static_cast<std::size_t>(std::min<std::uint64_t>(count, file.size() * 4));
  while (data.size() < count) {
    const std::size_t before = data.size();
    data.resize(room);
    const std::size_t found = source.read(std::span(data).subspan(before));
    if (found != room - before) too_short(file.name(), "data", count, before + found);
    room += std::min(count - room, room);
  }
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

std::unique_ptr<Source> open_source(const InputFile& file, const std::filesystem::path& path) {
  std::array<std::byte, 2> start{};
  if (file.size() >= start.size()) file.read(0, start);
  const bool is_gzip = start == std::array{std::byte{0x1f}, std::byte{0x8b}};  // RFC 1952, section 2.3.1
  const bool is_named_gzip = path.extension() == ".gz";
  if (is_gzip != is_named_gzip) {
    throw InputError(
        fmt::format("{}: its name and its content disagree: the content is{} compressed with gzip; "
                    "rename it or use another copy",
                    file.name(), is_gzip ? "" : " not"));
  }
  if (is_gzip) return std::make_unique<GzipSource>(file);
  return std::make_unique<PlainSource>(file);
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
