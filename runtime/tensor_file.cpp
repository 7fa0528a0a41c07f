#include "runtime/tensor_file.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/checksum.hpp"
#include "runtime/in_quotes.hpp"
#include "runtime/input_file.hpp"
#include "runtime/tensor_header.hpp"
#include "runtime/write_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little endian");

constexpr std::string_view description_key = "xxh3";
constexpr std::string_view tensor_prefix = "xxh3:";

/// Of everything but the tensors' bytes. Lengths in front keep ("ab", "c") and ("a", "bc") apart.
std::string description_checksum(const TensorHeader& header) {
  std::string text;
  const auto add = [&text](std::string_view part) { (text += std::to_string(part.size()) + ":") += part; };
  for (const auto& [key, value] : header.metadata) {
    if (key == description_key) continue;
    add(key);
    add(value);
  }
  for (const auto& [name, entry] : header.tensors) {
    add(name);
    add(file_name_of(entry.dtype));
    for (const std::size_t size : entry.sizes) add(std::to_string(size));
    add("end");
  }
  return checksum(std::as_bytes(std::span(text)));
}

bool is_checksum(std::string_view key) { return key == description_key || key.starts_with(tensor_prefix); }

/// What the header says about checksums must be whole: a damaged name would otherwise go unnoticed.
void check_checksums(const TensorHeader& header, const std::string& where) {
  std::size_t present = 0;
  for (const auto& [key, value] : header.metadata) {
    if (!key.starts_with(tensor_prefix)) continue;
    ++present;
    if (!header.tensors.contains(key.substr(tensor_prefix.size()))) {
      throw InputError(where + ": it has a checksum " + in_quotes(key) +
                       " for a tensor that is not there; the file is damaged, use another copy");
    }
  }
  if (present != 0 && present != header.tensors.size()) {
    throw InputError(where + ": only " + std::to_string(present) + " of " + std::to_string(header.tensors.size()) +
                     " tensors have a checksum; the file is damaged, use another copy");
  }
  const auto description = header.metadata.find(std::string(description_key));
  if (present != 0 && description == header.metadata.end()) {
    throw InputError(where + ": its tensors have checksums, but names, types, shapes and metadata have none (key " +
                     in_quotes(description_key) + "); the file is damaged, use another copy");
  }
  if (description != header.metadata.end() && description->second != description_checksum(header)) {
    throw InputError(where + ": names, types, shapes or metadata do not match their checksum; the file is damaged, " +
                     "use another copy");
  }
}

void check_values(DType dtype, std::span<const std::byte> bytes, const std::string& here) {
  // Any other byte in a C++ bool is undefined behaviour as soon as it is read.
  if (dtype != DType::boolean) return;
  const auto wrong = std::ranges::find_if(bytes, [](std::byte value) { return value > std::byte{1}; });
  if (wrong != bytes.end()) {
    throw InputError(here + " of type BOOL holds the byte " + std::to_string(std::to_integer<int>(*wrong)) +
                     " at element " + std::to_string(wrong - bytes.begin()) +
                     ", where only 0 and 1 may stand; the file is damaged");
  }
}

/// What a tensor's bytes must be before anybody reads them as numbers.
void check_tensor(const TensorHeader& header, const std::string& name, DType dtype, std::span<const std::byte> bytes,
                  const std::string& file) {
  const std::string here = file + ": tensor " + in_quotes(name);
  const auto expected = header.metadata.find(std::string(tensor_prefix) + name);
  if (expected != header.metadata.end() && expected->second != checksum(bytes)) {
    throw InputError(here + " does not match its checksum; the file is damaged, use another copy");
  }
  check_values(dtype, bytes, here);
}

std::uint64_t begin_of_data(const TensorHeader& header, const InputFile& file) {
  std::uint64_t bytes = 0;
  for (const auto& [name, entry] : header.tensors) bytes = std::max(bytes, entry.end);
  return file.size() - bytes;  // parse_header: the tensors end where the file does
}

std::map<std::string, std::string> without_checksums(std::map<std::string, std::string> metadata) {
  std::erase_if(metadata, [](const auto& pair) { return is_checksum(pair.first); });
  return metadata;
}

TensorHeader read_header(const InputFile& file) {
  if (file.size() < 8) {
    throw InputError(file.name() + ": it has " + std::to_string(file.size()) +
                     " bytes, and a safetensors file has at least 8; the file is truncated or not safetensors");
  }
  std::array<std::byte, 8> prefix{};
  file.read(0, prefix);
  const auto length = std::bit_cast<std::uint64_t>(prefix);
  if (length > TensorHeader::longest || length > file.size() - 8) {
    throw InputError(file.name() + ": it announces a header of " + std::to_string(length) + " bytes, but has " +
                     std::to_string(file.size() - 8) + " bytes behind the length, and at most " +
                     std::to_string(TensorHeader::longest) + " are allowed; the file is truncated or not safetensors");
  }
  std::string text(static_cast<std::size_t>(length), '\0');
  file.read(8, std::as_writable_bytes(std::span(text)));
  return parse_header(text, file.size() - 8 - length, file.name());
}

/// Larger elements first, then by name: so every tensor lies at a multiple of its element's size.
std::vector<const std::pair<const std::string, HostTensor>*> in_file_order(const TensorFile& file) {
  std::vector<const std::pair<const std::string, HostTensor>*> order;
  for (const auto& tensor : file.tensors) order.push_back(&tensor);
  std::ranges::sort(order, {}, [](auto* tensor) {
    return std::pair(-static_cast<int>(size_of(tensor->second.dtype)), std::string_view(tensor->first));
  });
  return order;
}

}  // namespace

TensorFile read_tensor_file(const std::filesystem::path& path) {
  const InputFile input(path);
  TensorHeader header = read_header(input);
  check_checksums(header, input.name());

  const std::uint64_t data_begin = begin_of_data(header, input);
  TensorFile result;
  for (auto& [name, entry] : header.tensors) {
    HostTensor tensor{entry.dtype, std::move(entry.sizes), {}};
    tensor.bytes.resize(static_cast<std::size_t>(entry.end - entry.begin));
    // Read into its own memory: in the file it may lie at any address, aligned or not.
    input.read(data_begin + entry.begin, tensor.bytes);
    check_tensor(header, name, tensor.dtype, tensor.bytes, input.name());
    result.tensors.emplace_hint(result.tensors.end(), name, std::move(tensor));
  }
  result.metadata = without_checksums(std::move(header.metadata));
  return result;
}

MappedTensorFile map_tensor_file(const std::filesystem::path& path, Pool& pool) {
  const InputFile input(path);
  TensorHeader header = read_header(input);
  check_checksums(header, input.name());

  MappedTensorFile result{{}, {}, input.map(), header.metadata.contains(std::string(description_key))};
  const std::span<std::byte> data(result.memory.get() + begin_of_data(header, input),
                                  result.memory.get() + input.size());
  std::vector<const std::pair<const std::string, TensorEntry>*> largest_first;
  for (auto& tensor : header.tensors) {
    auto& [name, entry] = tensor;
    const auto bytes =
        data.subspan(static_cast<std::size_t>(entry.begin), static_cast<std::size_t>(entry.end - entry.begin));
    result.tensors[name] = {entry.dtype, entry.sizes, bytes};
    largest_first.push_back(&tensor);
  }
  std::ranges::stable_sort(largest_first, std::greater{},
                           [](auto* tensor) { return tensor->second.end - tensor->second.begin; });
  pool.run(largest_first.size(), [&](std::size_t i, std::size_t) {
    const auto& [name, entry] = *largest_first[i];
    check_tensor(header, name, entry.dtype, result.tensors.at(name).bytes, input.name());
  });
  result.metadata = without_checksums(std::move(header.metadata));
  return result;
}

void write_tensor_file(const std::filesystem::path& path, const TensorFile& file) {
  const std::string where = "cannot write " + in_quotes(path.native());
  TensorHeader header;
  for (const auto& [key, value] : file.metadata)
    if (!is_checksum(key)) header.metadata.emplace(key, value);

  std::vector<std::string_view> pieces{{}, {}};  // length and header, filled in below
  std::uint64_t offset = 0;
  for (const auto* item : in_file_order(file)) {
    const auto& [name, tensor] = *item;
    const std::string here = where + ": tensor " + in_quotes(name);
    if (byte_count(tensor.dtype, tensor.sizes, here) != tensor.bytes.size()) {
      throw InternalError(here + " has " + std::to_string(tensor.bytes.size()) +
                          " bytes, which do not fit its type and sizes; this is a bug of whoever made the tensor");
    }
    check_values(tensor.dtype, tensor.bytes, here);
    header.tensors[name] = {tensor.dtype, tensor.sizes, offset, offset + tensor.bytes.size()};
    header.metadata[std::string(tensor_prefix) + name] = checksum(tensor.bytes);
    pieces.emplace_back(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
    offset += tensor.bytes.size();
  }
  header.metadata[std::string(description_key)] = description_checksum(header);

  const std::string text = print_header(header, where);
  const auto length = std::bit_cast<std::array<char, 8>>(static_cast<std::uint64_t>(text.size()));
  pieces[0] = std::string_view(length.data(), length.size());
  pieces[1] = text;
  write_file(path, pieces);
}

}  // namespace vitrine
