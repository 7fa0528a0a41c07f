#include "tools/sizes.hpp"

#include <fmt/format.h>

#include <charconv>

#include "vitrine/error.hpp"

namespace vitrine {

std::vector<Axis> sizes_of(const std::string& text, const std::string& command) {
  std::vector<Axis> sizes;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, comma - at);
    const std::size_t equals = part.find('=');
    Axis axis;
    const char* end = part.data() + part.size();
    if (equals == part.npos || equals == 0 || equals > Axis::longest_name ||
        std::from_chars(part.data() + equals + 1, end, axis.size).ptr != end || equals + 1 == part.size())
      throw UsageError(fmt::format("{}: --sizes takes NAME=N,NAME=N, not '{}'", command, text));
    part.copy(axis.name, equals);
    sizes.push_back(axis);
    at = comma + 1;
  }
  return sizes;
}

}  // namespace vitrine
