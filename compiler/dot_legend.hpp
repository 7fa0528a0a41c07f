#pragma once
#include <string>

#include "compiler/picture.hpp"

namespace vitrine {

/// The picture's heading in DOT's HTML-like language: name, counts, and what the colours, shapes and lines mean, for
/// those that occur in it only.
std::string dot_heading(const Picture&, bool legend);

}  // namespace vitrine
