#pragma once
// A file's bytes in order, as they are or as gzip (RFC 1952) packed them.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/input_file.hpp"

namespace vitrine {

inline constexpr std::string_view use_another_copy = "the file is damaged, use another copy";

class Source {
 public:
  virtual ~Source() = default;
  /// Fills `destination` as far as there are bytes; answers how many. Throws InputError for damaged or truncated gzip.
  virtual std::size_t read(std::span<std::uint8_t> destination) = 0;
  /// The most bytes that may still come: nothing larger is ever allocated.
  virtual std::uint64_t at_most() const = 0;
};

/// The bytes of `file`, which must outlive them and is at `path`. A name that ends in ".gz" or ".dz" must be one gzip
/// stream and any other none, or it throws InputError.
std::unique_ptr<Source> open_source(const InputFile& file, const std::filesystem::path& path);

/// The next `count` bytes, or as many as there are. Memory grows with the bytes that really come, so that a small file
/// that announces a thousand times its size costs little.
std::vector<std::uint8_t> read_up_to(Source& source, std::size_t count, const InputFile& file);

}  // namespace vitrine
