#include "compiler/read_elsewhere.hpp"

#include <algorithm>

namespace vitrine {

std::string read_elsewhere(std::span<const Value> parts, Value y) {
  for (Value part : parts) {
    if (part == y) continue;
    std::string reader = is_result(part) ? "the caller" : "";
    for (Value user : part.graph->users(part))
      if (is_used(user) && std::ranges::find(parts, user) == parts.end()) reader = "%" + std::to_string(user.id);
    if (!reader.empty()) return "%" + std::to_string(part.id) + " of it is read by " + reader + " too";
  }
  return "";
}

}  // namespace vitrine
