#include "tools/text/byte_spelling.hpp"

#include <array>

#include "tools/data/text_data.hpp"

namespace vitrine {
namespace {

constexpr bool is_shown(unsigned byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
}

/// The code point of each byte; all are below U+0144.
constexpr std::array<unsigned, 256> spellings = [] {
  std::array<unsigned, 256> made{};
  unsigned next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) made[byte] = is_shown(byte) ? byte : next++;
  return made;
}();

constexpr std::array<int, 0x144> bytes = [] {
  std::array<int, 0x144> made{};
  made.fill(-1);
  for (unsigned byte = 0; byte < 256; ++byte) made[spellings[byte]] = static_cast<int>(byte);
  return made;
}();

}  // namespace

std::string spell_bytes(std::string_view text) {
  std::string spelled;
  for (const char byte : text) {
    const unsigned code = spellings[static_cast<unsigned char>(byte)];
    if (code >= 0x80) spelled += static_cast<char>(0xc0 | code >> 6);
    spelled += static_cast<char>(code < 0x80 ? code : 0x80 | (code & 0x3f));
  }
  return spelled;
}

std::optional<std::string> spelled_bytes(std::string_view utf8) {
  if (end_of_utf8(utf8) != utf8.size()) return std::nullopt;
  std::string found;
  for (const char32_t code : code_points(utf8, "a token")) {
    if (code >= bytes.size() || bytes[code] < 0) return std::nullopt;
    found += static_cast<char>(bytes[code]);
  }
  return found;
}

}  // namespace vitrine
