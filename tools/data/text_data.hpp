#pragma once
// Plain text as examples: its characters as numbers, and windows of them.
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/data/dataset.hpp"

namespace vitrine {

/// A whole file as bytes. Throws InputError if it cannot be read or has no bytes.
std::string read_text_bytes(const std::filesystem::path& path);

/// The code points of UTF-8 text (RFC 3629: no surrogates, nothing above U+10FFFF, the shortest form only). Throws
/// InputError with the offset of the first byte that is wrong; `name` says of what.
std::u32string code_points(std::string_view utf8, std::string_view name);

/// Where the UTF-8 that begins at `from` ends: the offset of the first byte that is none, or the text's size.
std::size_t end_of_utf8(std::string_view text, std::size_t from = 0);

/// The characters of a text in the order of their code points: the first has id 0.
class Alphabet {
 public:
  /// Of a text in UTF-8; `name` is its name in errors.
  Alphabet(std::string_view utf8, std::string_view name);

  std::size_t size() const { return characters_.size(); }
  const std::u32string& characters() const { return characters_; }

  /// Throws InputError, with the offset, for invalid UTF-8 and for a character that is not in the alphabet.
  std::vector<std::int32_t> encode(std::string_view utf8, std::string_view name) const;
  /// decode(encode(text)) == text. Throws UsageError for a number that is no id.
  std::string decode(std::span<const std::int32_t> ids) const;

 private:
  std::u32string characters_;
};

/// Windows of `length` tokens: field "token" i32[length] and field "next" i32[length], the same one place on. Example i
/// begins at i * step; what is left at the end and fills no window is not used.
class WindowExamples : public Dataset {
 public:
  /// Throws UsageError for a length or step of 0, InputError for fewer than length + 1 tokens. `tokens` must outlive
  /// this object.
  WindowExamples(std::span<const std::int32_t> tokens, std::size_t length, std::size_t step = 1);

  std::size_t count() const override { return (tokens_.size() - length_ - 1) / step_ + 1; }
  std::vector<Field> fields() const override;
  void fill(Batch& batch) const override;

 private:
  std::span<const std::int32_t> tokens_;
  std::size_t length_, step_;
};

}  // namespace vitrine
