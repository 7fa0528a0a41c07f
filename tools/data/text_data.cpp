#include "tools/data/text_data.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/in_quotes.hpp"
#include "runtime/input_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

/// The character that begins at `at`, and where the next one does; next == at where the bytes are none.
struct Character {
  char32_t code = 0;
  std::size_t next = 0;
};

/// RFC 3629, section 4.
Character character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const std::uint32_t first = byte(at);
  if (first < 0x80) return {first, at + 1};
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return {0, at};
  std::uint32_t code = first & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return {0, at};
    code = code << 6 | (byte(at + i) & 0x3f);
  }
  const bool is_overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool is_surrogate = code >= 0xd800 && code < 0xe000;
  if (is_overlong || is_surrogate || code > 0x10ffff) return {0, at};
  return {code, at + length};
}

/// Calls visit(code point, offset) for each character.
template <class Visit> void each_character(std::string_view text, std::string_view name, Visit visit) {
  for (std::size_t at = 0; at < text.size();) {
    const Character found = character_at(text, at);
    if (found.next == at)
      throw InputError(fmt::format("{}: the bytes at offset {} (0x{:02x}...) are not UTF-8; convert the text to UTF-8",
                                   name, at, static_cast<unsigned char>(text[at])));
    visit(found.code, at);
    at = found.next;
  }
}

void append_utf8(std::string& text, char32_t code) {
  const auto add = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  const auto rest = [&](int shift) { add(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xc0 | code >> 6), rest(0);
  } else if (code < 0x10000) {
    add(0xe0 | code >> 12), rest(6), rest(0);
  } else {
    add(0xf0 | code >> 18), rest(12), rest(6), rest(0);
  }
}

}  // namespace

std::string read_text_bytes(const std::filesystem::path& path) {
  const InputFile file(path);
  if (file.size() == 0) throw InputError(fmt::format("{}: it has no bytes; use a file with text", file.name()));
  std::string text(static_cast<std::size_t>(file.size()), '\0');
  file.read(0, std::as_writable_bytes(std::span(text)));
  return text;
}

std::u32string code_points(std::string_view utf8, std::string_view name) {
  std::u32string found;
  each_character(utf8, name, [&](char32_t code, std::size_t) { found += code; });
  return found;
}

std::size_t end_of_utf8(std::string_view text, std::size_t from) {
  while (from < text.size()) {
    const std::size_t next = character_at(text, from).next;
    if (next == from) break;
    from = next;
  }
  return from;
}

Alphabet::Alphabet(std::string_view utf8, std::string_view name) : characters_(code_points(utf8, name)) {
  std::ranges::sort(characters_);
  characters_.erase(std::unique(characters_.begin(), characters_.end()), characters_.end());
  characters_.shrink_to_fit();
}

std::vector<std::int32_t> Alphabet::encode(std::string_view utf8, std::string_view name) const {
  std::vector<std::int32_t> ids;
  each_character(utf8, name, [&](char32_t code, std::size_t at) {
    const auto found = std::ranges::lower_bound(characters_, code);
    if (found == characters_.end() || *found != code)
      throw InputError(
          fmt::format("{}: the character U+{:04X} at offset {} is none of the {} of the alphabet; leave it out", name,
                      static_cast<std::uint32_t>(code), at, size()));
    ids.push_back(static_cast<std::int32_t>(found - characters_.begin()));
  });
  return ids;
}

std::string Alphabet::decode(std::span<const std::int32_t> ids) const {
  std::string text;
  for (const std::int32_t id : ids) {
    if (id < 0 || static_cast<std::size_t>(id) >= size())
      throw UsageError(fmt::format("alphabet: {} is not a character's id; there are {}, from 0", id, size()));
    append_utf8(text, characters_[static_cast<std::size_t>(id)]);
  }
  return text;
}

WindowExamples::WindowExamples(std::span<const std::int32_t> tokens, std::size_t length, std::size_t step)
    : tokens_(tokens), length_(length), step_(step) {
  if (length == 0 || step == 0)
    throw UsageError(fmt::format("windows: a length of {} and a step of {} make none; both begin at 1", length, step));
  if (tokens.size() <= length)
    throw InputError(
        fmt::format("windows: {} tokens are too few for a window of {} and the one behind it; use a longer text",
                    tokens.size(), length));
}

std::vector<Field> WindowExamples::fields() const {
  return {{"token", DType::i32, length_}, {"next", DType::i32, length_}};
}

void WindowExamples::fill(Batch& batch) const {
  const auto now = batch.integers("token"), next = batch.integers("next");
  for (std::size_t i = 0; i < batch.count(); ++i) {
    const auto from = tokens_.begin() + static_cast<std::ptrdiff_t>(batch.examples()[i] * step_);
    std::copy_n(from, length_, now.begin() + static_cast<std::ptrdiff_t>(i * length_));
    std::copy_n(from + 1, length_, next.begin() + static_cast<std::ptrdiff_t>(i * length_));
  }
}

}  // namespace vitrine
