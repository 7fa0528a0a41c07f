#include "compiler/read_elsewhere.hpp"

#include <algorithm>
#include <ranges>

namespace vitrine {

Needed::Needed(const Graph& graph) : end_(graph.end_of_ids()) {
  for (Value v : graph.topological() | std::views::reverse) {
    if (is_result(v)) needed_.insert(v.id);
    if (!needed_.contains(v.id)) continue;
    for (Value operand : v.operands()) needed_.insert(operand.id);
  }
}

std::string read_elsewhere(std::span<const Value> parts, Value y, const Needed& needed) {
  for (Value part : parts) {
    if (part == y) continue;
    std::string reader = is_result(part) ? "the caller" : "";
    for (Value user : part.graph->users(part))
      if (needed(user) && std::ranges::find(parts, user) == parts.end()) reader = "%" + std::to_string(user.id);
    if (!reader.empty()) return "%" + std::to_string(part.id) + " of it is read by " + reader + " too";
  }
  return "";
}

}  // namespace vitrine
