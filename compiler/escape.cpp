#include "compiler/escape.hpp"

#include <array>
#include <cstdint>

namespace vitrine {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

/// How many bytes the first character takes; 0 if it is none. Strict (RFC 3629): no overlong form, no surrogate,
/// nothing beyond U+10FFFF.
std::size_t length_of_character(std::string_view text) {
  const auto at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xc0) != 0x80) return 0;
  const bool overlong = (first == 0xe0 && at(1) < 0xa0) || (first == 0xf0 && at(1) < 0x90);
  const bool surrogate = first == 0xed && at(1) >= 0xa0;
  const bool beyond = first == 0xf4 && at(1) >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

/// Control characters, those that XML forbids, and those that turn the direction of what follows them.
bool shows(std::string_view character) {
  const auto at = [character](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return at(0) >= 0x20 && at(0) != 0x7f;
  if (character.size() == 2) return at(0) != 0xc2 || at(1) >= 0xa0;
  if (character.size() == 3 && at(0) == 0xef && at(1) == 0xbf) return at(2) != 0xbe && at(2) != 0xbf;
  if (character.size() == 3 && at(0) == 0xe2 && at(1) == 0x80) return at(2) < 0xa8 || at(2) > 0xae;
  if (character.size() == 3 && at(0) == 0xe2 && at(1) == 0x81) return at(2) < 0xa6 || at(2) > 0xa9;
  return true;
}

/// Calls piece(character) for each character, with an empty one for each byte that is part of none.
template <class Piece> void for_each_character(std::string_view text, const Piece& piece) {
  while (!text.empty()) {
    const std::size_t length = length_of_character(text);
    piece(text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

/// Graphviz reads escapes ("\N" is the node's name) in labels that know no way of saying no, and twice in tooltips. A
/// word joiner (U+2060), which draws nothing, parts a backslash from what would make an escape of it.
std::string parted(std::string_view text) {
  std::string made;
  for (const char c : text) {
    if (made.ends_with('\\') && std::string_view("GNEHTL\\").find(c) != std::string_view::npos) made += "\xe2\x81\xa0";
    made += c;
  }
  return made;
}

}  // namespace

std::string visible(std::string_view text) {
  std::string made;
  for_each_character(text, [&](std::string_view c) {
    if (c == "\n")
      made += "\\n";
    else if (c == "\r")
      made += "\\r";
    else if (c == "\t")
      made += "\\t";
    else
      made += c.empty() || !shows(c) ? replacement : c;
  });
  return made;
}

std::string shortened(std::string_view text, std::size_t longest) {
  std::string made;
  std::size_t characters = 0, end_of_cut = 0;
  const std::string whole = visible(text);
  for_each_character(whole, [&](std::string_view c) {
    if (characters + 1 < longest) end_of_cut += c.size();
    ++characters;
  });
  return characters <= longest ? whole : whole.substr(0, end_of_cut) + "…";
}

std::string in_xml(std::string_view text) {
  std::string made;
  for (const char c : visible(text)) {
    if (c == '&')
      made += "&amp;";
    else if (c == '<')
      made += "&lt;";
    else if (c == '>')
      made += "&gt;";
    else if (c == '"')
      made += "&quot;";
    else if (c == '\'')
      made += "&#39;";
    else
      made += c;
  }
  return made;
}

std::string in_dot_label(std::string_view text) { return in_xml(parted(text)); }

std::string in_dot(std::string_view text) {
  std::string made = "\"";
  std::string_view rest = text;
  while (true) {  // lines are ours ("a tooltip of several lines"), so they stay lines
    const std::size_t end = rest.find('\n');
    for (const char c : visible(parted(rest.substr(0, end)))) {
      if (c == '"')
        made += "\\\"";
      else if (c == '\\')
        made += "\\\\";
      else if (c == '&')
        made += "&amp;";
      else
        made += c;
    }
    if (end == std::string_view::npos) break;
    made += "\\n";
    rest.remove_prefix(end + 1);
  }
  return made + "\"";
}

std::string in_json(std::string_view text) {
  constexpr std::array<char, 16> hex{'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
  std::string made = "\"";
  for_each_character(text, [&](std::string_view c) {
    if (c.empty())
      made += replacement;
    else if (c == "\"" || c == "\\")
      made.append("\\").append(c);
    else if (const auto byte = static_cast<unsigned char>(c[0]); byte < 0x20 || byte == 0x7f)
      made.append("\\u00") += {hex[byte >> 4], hex[byte & 15]};
    else
      made += c;
  });
  return made + "\"";
}

}  // namespace vitrine
