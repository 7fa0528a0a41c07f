#pragma once
// Names and paths in error sentences. They come from files and command lines, so they may hold anything: a newline
// would break "one sentence", an escape sequence would drive the user's terminal.
#include <cstddef>
#include <string>
#include <string_view>

namespace vitrine {

/// `text` in double quotes, with quotes, backslashes and control characters (C0, DEL, C1) escaped, and cut after 512
/// bytes. (Called `quoted`, it would lose against std::quoted, which is found for any std::string.)
inline std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 512;
  constexpr std::string_view hex = "0123456789abcdef";
  std::string result = "\"";
  for (std::size_t i = 0; i < text.size() && i < longest; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0u;
    const bool starts_c1 = byte == 0xc2 && next >= 0x80 && next < 0xa0;  // UTF-8 of U+0080 to U+009F
    if (byte < 0x20 || byte == 0x7f || starts_c1) {
      result += "\\x";
      result += hex[byte >> 4];
      result += hex[byte & 15];
    } else {
      if (byte == '"' || byte == '\\') result += '\\';
      result += text[i];
    }
  }
  if (text.size() > longest) result += "...";
  return result += '"';
}

}  // namespace vitrine
