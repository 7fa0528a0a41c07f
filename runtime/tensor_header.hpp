#pragma once
// The header of a safetensors file: JSON text to checked entries and back. It knows nothing of files and checksums.
// Format: https://github.com/huggingface/safetensors#format
//   8 bytes: header length N, little endian; N bytes: JSON; then the tensors' bytes, without holes.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/type.hpp"

namespace vitrine {

/// Where a tensor lies: bytes [begin, end) behind the header.
struct TensorEntry {
  DType dtype{};
  std::vector<std::size_t> sizes;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct TensorHeader {
  static constexpr std::uint64_t longest = 100'000'000;              // bytes of JSON: the format's own limit
  static constexpr std::size_t most_tensors = std::size_t{1} << 17;  // far above any model
  static constexpr std::size_t highest_rank = 8;
  static constexpr std::size_t longest_name = 512;  // bytes

  std::map<std::string, TensorEntry> tensors;
  std::map<std::string, std::string> metadata;
};

/// Bytes of a tensor of these sizes, computed without wrapping. Throws InputError with `where` in front.
std::uint64_t byte_count(DType dtype, const std::vector<std::size_t>& sizes, const std::string& where);

/// Reads the N bytes of JSON of a file with `data_bytes` behind them. `where` names the file in sentences. Throws
/// InputError unless the text is strict JSON of the right form, every name is unique, and the tensors' ranges fit their
/// types and fill the data exactly.
TensorHeader parse_header(std::string_view text, std::uint64_t data_bytes, const std::string& where);

/// The JSON, metadata first, padded with spaces so that the data begins at a multiple of 64 bytes of the file, as
/// memory wants it that is mapped. Throws InputError for what parse_header would refuse.
std::string print_header(const TensorHeader& header, const std::string& where);

/// The type's name in the file: "F32".
std::string_view file_name_of(DType dtype);

}  // namespace vitrine
