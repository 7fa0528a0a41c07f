#pragma once
// Named tensors in a file: safetensors, with a checksum per tensor. A file is hostile until every check has passed.
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "runtime/pool.hpp"
#include "vitrine/host_tensor.hpp"

namespace vitrine {

/// What a file holds. The checksums are added when writing and taken out when reading, so `metadata` is the user's own.
struct TensorFile {
  std::map<std::string, HostTensor> tensors;
  std::map<std::string, std::string> metadata;

  bool operator==(const TensorFile&) const = default;
};

/// Reads a whole safetensors file, all of it or nothing. No single allocation is larger than the file. Throws
/// InputError (file, tensor, what was found and what was expected) for a file that is missing, truncated, damaged,
/// malformed, or holds a type that Vitrine has not. NaN and infinity are values like any other.
///
/// Checksums detect damage, not tampering. `__metadata__` holds, each verified when present, in hexadecimal:
///   "xxh3:<name>"  XXH3-128 of the tensor's bytes; either every tensor has one or none
///   "xxh3"         XXH3-128 of everything else: names, types, shapes, metadata; there if the tensors have theirs
/// With both, any flipped bit of a file that holds a tensor is refused.
TensorFile read_tensor_file(const std::filesystem::path& path);

/// The same file where it lies: its bytes are mapped into memory (InputFile::map) and not copied.
struct MappedTensorFile {
  struct Tensor {
    DType dtype{};
    std::vector<std::size_t> sizes;
    std::span<std::byte> bytes;  // at a multiple of 64 in a file of ours whose tensors are multiples of 64 bytes
  };
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;
  std::shared_ptr<std::byte> memory;  // what `bytes` point into
  bool has_checksums = false;         // one for each tensor, and all of them right
};

/// As read_tensor_file, with every check that it makes; checksums are computed on the pool's threads.
MappedTensorFile map_tensor_file(const std::filesystem::path& path, Pool& pool);

/// Writes the file whole or not at all (write_file.hpp), the same bytes for the same content. Throws InputError when it
/// cannot be written, InternalError when a tensor's bytes do not fit its type and sizes.
void write_tensor_file(const std::filesystem::path& path, const TensorFile& file);

}  // namespace vitrine
