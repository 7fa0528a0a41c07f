#pragma once
// Is a picture that we wrote well-formed XML? A reader of our own, so that the tests need no other program.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine {

inline bool starts_with_reference(std::string_view text) {
  return std::ranges::any_of(std::array<std::string_view, 5>{"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"},
                             [text](std::string_view reference) { return text.starts_with(reference); });
}

/// "" when the text is well-formed XML of the kind we write (declaration, elements, attributes in double quotes, the
/// five references), otherwise what is wrong. Shares no code with the writer.
inline std::string malformed(std::string_view text) {
  std::vector<std::string> open;
  const std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  if (!text.starts_with(declaration)) return "no declaration";
  std::size_t roots = 0;
  for (std::size_t i = declaration.size(); i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 && byte != '\n' && byte != '\t') return "control character";
    if (text[i] == '&' && !starts_with_reference(text.substr(i))) return "bare &";
    if (text[i] != '<') {
      if (open.empty() && text[i] != '\n') return "text outside the root";
      ++i;
      continue;
    }
    const std::size_t end = text.find('>', i);  // a > inside an attribute must be escaped, by our own rule
    if (end == std::string_view::npos) return "unfinished tag";
    std::string_view tag = text.substr(i + 1, end - i - 1);
    i = end + 1;
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != tag.substr(1)) return "closes " + std::string(tag);
      open.pop_back();
      continue;
    }
    const std::size_t name_end = std::min(tag.find(' '), tag.size());
    if (open.empty() && ++roots > 1) return "two roots";
    open.emplace_back(tag.substr(0, name_end));
    for (tag.remove_prefix(name_end); !tag.empty();) {
      const std::size_t quote = tag.find("=\"");
      const std::size_t close = quote == std::string_view::npos ? quote : tag.find('"', quote + 2);
      if (tag[0] != ' ' || close == std::string_view::npos) return "bad attribute in " + open.back();
      const std::string_view name = tag.substr(1, quote - 1), value = tag.substr(quote + 2, close - quote - 2);
      if (name.empty() || name.find_first_of(" \"'<&/=") != name.npos) return "bad attribute name " + std::string(name);
      for (std::size_t k = value.find('&'); k != std::string_view::npos; k = value.find('&', k + 1))
        if (!starts_with_reference(value.substr(k))) return "bare & in an attribute";
      if (value.find('<') != std::string_view::npos) return "< in an attribute";
      tag.remove_prefix(close + 1);
    }
  }
  return open.empty() && roots == 1 ? "" : "unclosed element";
}

}  // namespace vitrine
