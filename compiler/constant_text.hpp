#pragma once
#include <string>

#include "vitrine/graph.hpp"

namespace vitrine {

/// Element i of a constant as the text form writes it: "0.5", "-3", "true"; of bf16 its bits.
std::string element_text(const Node& constant, std::size_t i);

}  // namespace vitrine
