#pragma once
// Where attention looks: a square for each head, from white (nothing) to dark (all).
#include <string>
#include <string_view>
#include <vector>

#include "tools/language_probes.hpp"

namespace vitrine {

/// The heads of one attention side by side, with the tokens that they read.
struct AttentionRow {
  std::string label;
  AttentionMap map;
  std::vector<std::string> tokens;
};

/// A row of squares for each AttentionRow, of its first places (as many as can be read). Down is the place that asks,
/// across the place that is read.
std::string attention_picture(std::string_view title, const std::vector<AttentionRow>& rows);

}  // namespace vitrine
