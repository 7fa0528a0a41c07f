#pragma once
// Names in other languages. A name may hold anything (quotes, newlines, tags, bytes that are no UTF-8); whatever it
// holds, the reader of DOT, XML or JSON must find the same name again and nothing that it would act on.
#include <string>
#include <string_view>

namespace vitrine {

/// Valid UTF-8 without control characters: what is no character is U+FFFD, newline, return and tab are "\n", "\r" and
/// "\t" in two letters.
std::string visible(std::string_view text);

/// `visible`, or its beginning and "…" when it has more than `longest` characters.
std::string shortened(std::string_view text, std::size_t longest);

/// For XML text and attributes.
std::string in_xml(std::string_view text);

/// For DOT's HTML-like labels. A word joiner, which draws nothing, stands after a backslash that Graphviz would act on.
std::string in_dot_label(std::string_view text);

/// A quoted DOT string; a newline breaks the line there. Graphviz reads entities ("&lt;") and escapes ("\N" is the
/// node's name) in it: neither is left.
std::string in_dot(std::string_view text);

/// A quoted JSON string (RFC 8259). Newlines and other control characters stay what they are, as escapes.
std::string in_json(std::string_view text);

}  // namespace vitrine
