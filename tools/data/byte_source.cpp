#include "tools/data/byte_source.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

#include "vitrine/error.hpp"

namespace vitrine {
namespace {

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

}  // namespace

std::unique_ptr<Source> open_source(const InputFile& file, const std::filesystem::path& path) {
  std::array<std::byte, 2> start{};
  if (file.size() >= start.size()) file.read(0, start);
  const bool is_gzip = start == std::array{std::byte{0x1f}, std::byte{0x8b}};  // RFC 1952, section 2.3.1
  const bool is_named_gzip = path.extension() == ".gz" || path.extension() == ".dz";
  if (is_gzip != is_named_gzip) {
    throw InputError(
        fmt::format("{}: its name and its content disagree: the content is{} compressed with gzip; "
                    "rename it or use another copy",
                    file.name(), is_gzip ? "" : " not"));
  }
  if (is_gzip) return std::make_unique<GzipSource>(file);
  return std::make_unique<PlainSource>(file);
}

std::vector<std::uint8_t> read_up_to(Source& source, std::size_t count, const InputFile& file) {
  std::vector<std::uint8_t> data;
  // Four times is more than images and prose compress, so a sound file is read in one piece.
  auto room = static_cast<std::size_t>(std::min<std::uint64_t>(count, file.size() * 4 + 1));
  while (data.size() < count) {
    const std::size_t before = data.size();
    data.resize(room);
    const std::size_t found = source.read(std::span(data).subspan(before));
    if (found != room - before) {
      data.resize(before + found);
      break;
    }
    room += std::min(count - room, room);
  }
  return data;
}

}  // namespace vitrine
