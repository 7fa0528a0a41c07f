#pragma once
#include <string>

#include "vitrine/graph.hpp"

namespace vitrine {

/// Element i of a constant as the text form writes it: "0.5", "-3", "true"; of bf16 its bits.
std::string element_text(const Node& constant, std::size_t i);

/// Reads such a text as the next element of a constant whose type is known. Throws UsageError: what was expected, or
/// that the number does not fit.
void append_element(Constant& constant, std::string_view text);

}  // namespace vitrine
