#pragma once
#include <filesystem>
#include <string>

namespace vitrine {

/// A whole text file; "-" is standard input. InputError if it cannot be read or is larger than 64 MiB.
std::string read_text(const std::string& path);

/// Writes to a file (whole or not at all), or to stdout if the path is empty or "-".
void write_text(const std::string& path, std::string_view text);

}  // namespace vitrine
