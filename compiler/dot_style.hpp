#pragma once
// The look of drawn graphs. Colours have six digits: Graphviz 2.42 draws three-digit ones black.
#include <array>
#include <cstdint>
#include <string_view>

#include "vitrine/type.hpp"

namespace vitrine {

/// Codes, and scales and zeros that belong to them: drawn in the colour of quantization.
constexpr bool is_in_few_bits(const Type& type) {
  return type.dtype == DType::i8 || type.dtype == DType::u8 || type.dtype == DType::bf16;
}

}  // namespace vitrine

namespace vitrine::look {

inline constexpr std::string_view font = "DejaVu Sans";
inline constexpr std::string_view ink = "#222222", faint_ink = "#777777", faint_line = "#b8b8b8", frame = "#c9c9c9",
                                  frame_fill = "#f7f8fa";
inline constexpr std::string_view input_fill = "#2f4b66", input_ink = "#ffffff", state_fill = "#fff7d1",
                                  constant_fill = "#fafafa", folded_fill = "#eef1f5", folded_seam = "#8a94a0";
inline constexpr std::string_view gradient_ink = "#b5411b", update_ink = "#5b3a8e", update_fill = "#f4f0fa",
                                  output_ink = "#0b6b4f", repeat_ink = "#1f5fa8";

/// Of the border and badge of a group: dark enough to read on every fill; neighbours in number differ.
constexpr std::string_view group_ink(std::uint32_t group) {
  constexpr std::array<std::string_view, 8> inks{"#0072b2", "#d55e00", "#007a5a", "#8a2d6b",
                                                 "#7a6a00", "#2f4b9e", "#a01f1f", "#4d5a66"};
  return inks[group % inks.size()];
}

}  // namespace vitrine::look
