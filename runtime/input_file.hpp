#pragma once
// Reading a file that may be missing, a folder, a pipe, or shrinking while we read it.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
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

  /// Its bytes in memory, at a page's begin, for as long as somebody holds them: pages are read when they are looked
  /// at, and what is written to them is private. A file that others replace as write_file does stays as it was; one
  /// that they shorten in place takes the process down when a page behind its end is read. Throws InputError where the
  /// system refuses; null for a file without bytes.
  std::shared_ptr<std::byte> map() const;

 private:
  std::string name_;
  Descriptor descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace vitrine
