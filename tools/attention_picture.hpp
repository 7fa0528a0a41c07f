#pragma once
#include <string>

#include "tools/language_probes.hpp"

namespace vitrine {

/// Where each head looks in a text, as one SVG: a row for each attention, a map for each head; down the token that
/// asks, across the token that is read, the darker the more. `tokens` are those of the maps' places, as text; the first
/// 32 are drawn, written along the maps.
std::string attention_picture(std::string_view title, const std::vector<AttentionMap>& maps,
                              const std::vector<std::string>& tokens);

}  // namespace vitrine
