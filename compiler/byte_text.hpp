#pragma once
#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <string>

namespace vitrine {

/// "512 B", "12.0 KiB", "1.23 MiB": three digits or more.
inline std::string byte_text(std::size_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  constexpr std::array units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double number = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; number >= 1023.5 && unit + 1 < units.size(); ++unit) number /= 1024;
  return fmt::format("{:.{}f} {}", number, number < 9.995 ? 2 : number < 99.95 ? 1 : 0, units[unit]);
}

}  // namespace vitrine
