#include "runtime/tensor_header.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "runtime/in_quotes.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

constexpr std::array<std::pair<DType, std::string_view>, 6> file_names{{{DType::f32, "F32"},
                                                                        {DType::bf16, "BF16"},
                                                                        {DType::i32, "I32"},
                                                                        {DType::i8, "I8"},
                                                                        {DType::u8, "U8"},
                                                                        {DType::boolean, "BOOL"}}};

constexpr std::string_view metadata_key = "__metadata__";

void check_name(const std::string& name, const std::string& where) {
  if (name.size() > TensorHeader::longest_name || name.find('\0') != std::string::npos) {
    throw InputError(where + ": the tensor name " + in_quotes(name) + " is longer than " +
                     std::to_string(TensorHeader::longest_name) + " bytes or holds a zero byte; rename the tensor");
  }
}

/// Receives the header piece by piece and refuses the first one that does not belong, so that neither nesting nor
/// length costs memory: a tree of JSON values is never built. The functions' names are nlohmann's.
class HeaderReader {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  explicit HeaderReader(const std::string& where) : where_(where) {}
  TensorHeader take() { return std::move(header_); }

  bool start_object(std::size_t) {
    if (place_ == Place::outside) return go(Place::top);
    if (place_ == Place::top && key_ == metadata_key) return go(Place::metadata);
    if (place_ != Place::top) refuse("an object");
    if (header_.tensors.size() == TensorHeader::most_tensors) {
      throw InputError(where_ + ": it holds more than " + std::to_string(TensorHeader::most_tensors) +
                       " tensors; split the file");
    }
    check_name(key_, where_);
    const auto [position, is_new] = header_.tensors.try_emplace(key_);
    if (!is_new) twice();
    tensor_ = &*position;
    has_dtype_ = has_shape_ = false;
    offsets_.reset();
    return go(Place::tensor);
  }

  bool key(string_t& name) {
    key_ = std::move(name);
    if (place_ == Place::tensor && key_ != "dtype" && key_ != "shape" && key_ != "data_offsets") {
      throw InputError(where() + ": it has the unknown key " + in_quotes(key_) +
                       "; a tensor has exactly dtype, shape and data_offsets");
    }
    if (place_ == Place::top && key_ == metadata_key && std::exchange(has_metadata_, true)) twice();
    return true;
  }

  bool string(string_t& text) {
    if (place_ == Place::metadata) {
      if (!header_.metadata.try_emplace(key_, std::move(text)).second) twice();
      return true;
    }
    if (place_ != Place::tensor || key_ != "dtype") refuse("a string");
    if (std::exchange(has_dtype_, true)) twice();
    const auto known = std::ranges::find(file_names, std::string_view(text), [](auto& pair) { return pair.second; });
    if (known == file_names.end()) {
      throw InputError(where() + " has the type " + in_quotes(text) +
                       ", which is not one of F32, BF16, I32, I8, U8, BOOL; convert the tensor first");
    }
    tensor_->second.dtype = known->first;
    return true;
  }

  bool start_array(std::size_t) {
    if (place_ != Place::tensor || key_ == "dtype") refuse("a list");
    if (key_ == "shape" && std::exchange(has_shape_, true)) twice();
    if (key_ == "data_offsets" && offsets_) twice();
    if (key_ == "data_offsets") offsets_ = 0;
    return go(Place::numbers);
  }

  bool number_unsigned(number_unsigned_t number) {
    if (place_ != Place::numbers) refuse("a number");
    TensorEntry& entry = tensor_->second;
    if (key_ == "shape") {
      if (entry.sizes.size() == TensorHeader::highest_rank) {
        throw InputError(where() + " has more than " + std::to_string(TensorHeader::highest_rank) +
                         " axes; reshape the tensor first");
      }
      entry.sizes.push_back(number);
    } else {
      if (*offsets_ == 2) refuse("a third offset");
      (*offsets_ == 0 ? entry.begin : entry.end) = number;
      ++*offsets_;
    }
    return true;
  }

  bool end_array() { return go(Place::tensor); }

  bool end_object() {
    if (place_ == Place::top) return go(Place::outside);
    if (place_ == Place::tensor && !(has_dtype_ && has_shape_ && offsets_ == 2u)) {
      throw InputError(where() + " lacks its dtype, its shape or its two data_offsets; write the file again");
    }
    return go(Place::top);
  }

  // A minus sign, even in "-0"; a fraction or exponent, or a number beyond 64 bits; and what has no place at all.
  bool number_integer(number_integer_t) { refuse("a negative number"); }
  bool number_float(number_float_t, const string_t& text) { refuse("the number " + in_quotes(text)); }
  bool null() { refuse("null"); }
  bool boolean(bool) { refuse("a truth value"); }
  bool binary(binary_t&) { refuse("binary data"); }

  bool parse_error(std::size_t position, const std::string& token, const nlohmann::json::exception&) {
    throw InputError(where_ + ": the header is not valid JSON in UTF-8 at byte " + std::to_string(8 + position) +
                     " of the file, near " + in_quotes(token) + "; the file is damaged or not safetensors");
  }

 private:
  enum class Place { outside, top, metadata, tensor, numbers };

  bool go(Place place) {
    place_ = place;
    return true;
  }

  std::string where() const { return where_ + ": tensor " + in_quotes(tensor_->first); }

  [[noreturn]] void refuse(const std::string& found) const {
    const bool inside = place_ == Place::tensor || place_ == Place::numbers;
    throw InputError((inside ? where() : where_) + ": the header has " + found + " at key " + in_quotes(key_) +
                     ", where safetensors has none; the file is damaged or not safetensors");
  }

  [[noreturn]] void twice() const {
    throw InputError(where_ + ": the header has the key " + in_quotes(key_) +
                     " twice, and readers would disagree on which one holds; write the file again");
  }

  const std::string& where_;
  TensorHeader header_;
  Place place_ = Place::outside;
  std::string key_;
  std::pair<const std::string, TensorEntry>* tensor_ = nullptr;
  bool has_metadata_ = false;
  bool has_dtype_ = false;
  bool has_shape_ = false;
  std::optional<std::size_t> offsets_;  // how many were read; none before the list began
};

/// Ranges in order must touch: a hole can hide bytes, an overlap can let one tensor speak for another.
void check_layout(const TensorHeader& header, std::uint64_t data_bytes, const std::string& where) {
  std::vector<const std::pair<const std::string, TensorEntry>*> sorted;
  for (const auto& tensor : header.tensors) {
    const TensorEntry& entry = tensor.second;
    const std::string here = where + ": tensor " + in_quotes(tensor.first);
    const std::string range = "[" + std::to_string(entry.begin) + ", " + std::to_string(entry.end) + ")";
    if (entry.begin > entry.end || entry.end > data_bytes) {
      throw InputError(here + " lies at bytes " + range + " of " + std::to_string(data_bytes) +
                       " bytes of data; the file is truncated or damaged");
    }
    const std::uint64_t wanted = byte_count(entry.dtype, entry.sizes, here);
    if (entry.end - entry.begin != wanted) {
      throw InputError(here + " takes bytes " + range + ", but its type and shape need " + std::to_string(wanted) +
                       " bytes; the file is damaged");
    }
    sorted.push_back(&tensor);
  }
  std::ranges::sort(sorted, {}, [](auto* tensor) { return std::pair(tensor->second.begin, tensor->second.end); });
  std::uint64_t expected = 0;
  for (const auto* tensor : sorted) {
    if (tensor->second.begin != expected) {
      throw InputError(where + ": tensor " + in_quotes(tensor->first) + " begins at byte " +
                       std::to_string(tensor->second.begin) + " of the data, but the one before it ends at " +
                       std::to_string(expected) + "; the file is damaged");
    }
    expected = tensor->second.end;
  }
  if (expected != data_bytes) {
    throw InputError(where + ": the tensors end at byte " + std::to_string(expected) + " of the data, which has " +
                     std::to_string(data_bytes) + " bytes; the file is damaged or has something appended");
  }
}

}  // namespace

std::string_view file_name_of(DType dtype) {
  for (const auto& [type, name] : file_names)
    if (type == dtype) return name;
  throw InternalError("tensor_header: a DType has no name in safetensors files; add it to file_names");
}

std::uint64_t byte_count(DType dtype, const std::vector<std::size_t>& sizes, const std::string& where) {
  // With a zero among the sizes nothing is stored, whatever the others are; without, a product that wraps to zero
  // must not pass for that.
  if (std::ranges::find(sizes, std::size_t{0}) != sizes.end()) return 0;
  std::uint64_t bytes = size_of(dtype);
  for (const std::size_t size : sizes) {
    if (__builtin_mul_overflow(bytes, size, &bytes)) {
      throw InputError(where + " has a shape of more than 2^64 bytes; the file is damaged");
    }
  }
  return bytes;
}

TensorHeader parse_header(std::string_view text, std::uint64_t data_bytes, const std::string& where) {
  const std::string_view json = text.substr(0, text.find_last_not_of(' ') + 1);
  // nlohmann takes a zero byte for the end and skips a byte order mark: both would let two readers see two headers.
  if (!json.starts_with('{') || !json.ends_with('}') || json.find('\0') != std::string_view::npos) {
    throw InputError(where + ": the header is not one JSON object padded with spaces; the file is not safetensors");
  }
  HeaderReader reader(where);
  nlohmann::json::sax_parse(json, &reader);
  TensorHeader header = reader.take();
  check_layout(header, data_bytes, where);
  return header;
}

std::string print_header(const TensorHeader& header, const std::string& where) {
  if (header.tensors.size() > TensorHeader::most_tensors) {
    throw InputError(where + ": safetensors files hold at most " + std::to_string(TensorHeader::most_tensors) +
                     " tensors; split the file");
  }
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  std::string text;
  try {
    if (!header.metadata.empty()) json[std::string(metadata_key)] = header.metadata;
    text = json.dump();
    text.pop_back();  // the tensors follow by hand: inserting into an ordered object is a linear search
    for (const auto& [name, entry] : header.tensors) {
      check_name(name, where);
      if (name == metadata_key || entry.sizes.size() > TensorHeader::highest_rank) {
        throw InputError(where + ": tensor " + in_quotes(name) +
                         " has the one name that is taken, or too many axes for the file; rename or reshape it");
      }
      const nlohmann::ordered_json value{
          {"dtype", file_name_of(entry.dtype)}, {"shape", entry.sizes}, {"data_offsets", {entry.begin, entry.end}}};
      text += (text.size() > 1 ? "," : "") + nlohmann::json(name).dump() + ":" + value.dump();
    }
  } catch (const nlohmann::json::exception&) {
    throw InputError(where + ": a tensor's name or a metadata text is not UTF-8; rename it");
  }
  text += '}';
  constexpr std::size_t length = 8, line = 64;
  text.append((line - (length + text.size()) % line) % line, ' ');
  if (text.size() > TensorHeader::longest) throw InputError(where + ": the header is too long; use shorter names");
  return text;
}

}  // namespace vitrine
