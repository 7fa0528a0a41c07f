#include "tools/svg.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "tools/image.hpp"

namespace vitrine {
namespace {

struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;  // 0: not UTF-8
};

/// The first character. Strict (RFC 3629): no overlong forms, no surrogates, nothing beyond U+10FFFF.
Character decode(std::string_view text) {
  const auto at = [text](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t first = at(0);
  if (first < 0x80) return {first, 1};
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return {};
  std::uint32_t code = first & (0xffu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((at(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (at(i) & 0x3f);
  }
  constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  if (code < smallest[bytes] || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff) return {};
  return {code, bytes};
}

/// XML 1.0, section 2.2; C1 control characters are legal there but no text.
bool may_stand_in_xml(std::uint32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n';
  return (code < 0x7f || code >= 0xa0) && code != 0xfffe && code != 0xffff;
}

constexpr double average_letter = 0.6;  // of the font size; DejaVu Sans is wide

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const Character character = decode(text);
    const std::size_t bytes = character.bytes == 0 ? 1 : character.bytes;
    if (character.bytes == 0 || !may_stand_in_xml(character.code))
      result += "\xef\xbf\xbd";
    else if (character.code == '&')
      result += "&amp;";
    else if (character.code == '<')
      result += "&lt;";
    else if (character.code == '>')
      result += "&gt;";
    else if (character.code == '"')
      result += "&quot;";
    else if (character.code == '\'')
      result += "&#39;";
    else
      result += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return result;
}

std::string coordinate(double value) {
  if (!std::isfinite(value)) return "0";
  std::array<char, 400> digits{};  // 309 digits before the point at most
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed, 2).ptr;
  std::string text(digits.data(), end);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

double text_width(std::string_view text, double font_size) {
  std::size_t letters = 0;
  for (const char byte : text) letters += (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
  return static_cast<double>(letters) * average_letter * font_size;
}

std::string fitted(std::string_view text, double width, double font_size) {
  if (text_width(text, font_size) <= width) return std::string(text);
  const double room = std::max(0.0, width / (average_letter * font_size) - 1);
  auto letters = static_cast<std::size_t>(room);
  std::size_t end = 0;
  for (; end < text.size(); ++end)
    if ((static_cast<unsigned char>(text[end]) & 0xc0) != 0x80 && letters-- == 0) break;
  return std::string(text.substr(0, end)) + "…";
}

Svg::Svg(double width, double height, std::string_view title) {
  document_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  open("svg", {{"xmlns", "http://www.w3.org/2000/svg"},
               {"width", width},
               {"height", height},
               {"viewBox", "0 0 " + coordinate(width) + " " + coordinate(height)},
               {"font-family", "DejaVu Sans, sans-serif"},
               {"role", "img"}});
  element("title", {}, title);
  element("rect", {{"width", width}, {"height", height}, {"fill", colour::paper}});
}

void Svg::open(std::string_view name, Attributes attributes) {
  document_.append("<").append(name);
  for (const Attribute& attribute : attributes) {
    if (attribute.value.empty()) continue;
    document_.append(" ").append(attribute.name).append("=\"").append(escaped(attribute.value)).append("\"");
  }
  document_ += ">\n";
  open_names_.append(name).append(" ");
}

void Svg::close() {
  open_names_.pop_back();
  const std::size_t begin = open_names_.rfind(' ') + 1;  // npos + 1 is 0
  document_.append("</").append(open_names_, begin).append(">\n");
  open_names_.resize(begin);
}

void Svg::element(std::string_view name, Attributes attributes, std::string_view text) {
  open(name, attributes);
  document_.pop_back();  // inside a text element a line break would be a space
  document_ += escaped(text);
  close();
}

void Svg::text(double x, double y, std::string_view words, const TextStyle& style) {
  const std::string turn =
      style.turned == 0 ? "" : "rotate(" + coordinate(style.turned) + " " + coordinate(x) + " " + coordinate(y) + ")";
  element("text",
          {{"x", x},
           {"y", y},
           {"font-size", style.size},
           {"text-anchor", style.anchor},
           {"fill", style.fill},
           {"font-weight", style.bold ? "bold" : ""},
           {"transform", turn}},
          words);
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view stroke, double width) {
  element("line", {{"x1", x1}, {"y1", y1}, {"x2", x2}, {"y2", y2}, {"stroke", stroke}, {"stroke-width", width}});
}

void Svg::image(double x, double y, double width, double height, std::string_view png_bytes) {
  element("image", {{"x", x},
                    {"y", y},
                    {"width", width},
                    {"height", height},
                    {"preserveAspectRatio", "none"},
                    {"style", "image-rendering: pixelated"},
                    {"href", "data:image/png;base64," + base64(png_bytes)}});
}

std::string Svg::str() && {
  while (!open_names_.empty()) close();
  return std::move(document_);
}

}  // namespace vitrine
