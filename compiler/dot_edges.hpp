#pragma once
#include <string>

#include "compiler/picture.hpp"

namespace vitrine {

/// "n13" for node %13, "f13" for the folded box that begins with it: ids in DOT, and of elements in the SVG.
std::string dot_id(const Picture&, std::size_t box);

/// All arrows as DOT, one line each.
std::string dot_edges(const Picture&);

}  // namespace vitrine
