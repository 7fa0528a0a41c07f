#pragma once
// Reading a file that may be missing, a folder, a pipe, or shrinking while we read it.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "runtime/descriptor.hpp"

namespace vitrine {

/// A regular file opened for reading. Its size is that of the opened file, so nothing can be swapped between the
/// check and the read.
class InputFile {
 public:
  /// Throws InputError when the file is missing, unreadable, or not a regular file.
  explicit InputFile(const std::filesystem::path& path);

  std::uint64_t size() const { return size_; }

  /// The path, quoted for a sentence.
  const std::string& name() const { return name_; }

  /// Fills `destination` from byte `offset`. Throws InputError when the file ends before, or on a disk error.
  void read(std::uint64_t offset, std::span<std::byte> destination) const;

 private:
  std::string name_;
  Descriptor descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace vitrine
