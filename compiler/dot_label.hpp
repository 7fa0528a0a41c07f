#pragma once
#include <string>

#include "compiler/picture.hpp"

namespace vitrine {

/// What is written in a box, in DOT's HTML-like language, without the angle brackets around it.
std::string dot_label(const Picture&, const Box&);

/// What shows when the mouse rests on it, as plain lines: the id, the op with all attributes, source line, module, what
/// it was made of.
std::string dot_tooltip(const Picture&, const Box&);

/// Text in HTML-like labels: `attributes` as in <FONT attributes>.
std::string dot_font(std::string_view attributes, std::string_view text);

}  // namespace vitrine
