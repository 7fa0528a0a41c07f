#include "tools/text_file.hpp"

#include <array>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "runtime/write_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {
constexpr std::size_t largest = std::size_t{64} << 20;

std::string read_all(std::istream& in, const std::string& name) {
  std::string text;
  std::array<char, 65536> piece;
  while (text.size() <= largest && (in.read(piece.data(), piece.size()), in.gcount() > 0))
    text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
  if (in.bad()) throw InputError(name + ": reading failed; check the file and the disk");
  if (text.size() > largest)
    throw InputError(name + ": larger than 64 MiB, which no graph's text is; check which file this is");
  return text;
}
}  // namespace

std::string read_text(const std::string& path) {
  if (path == "-") return read_all(std::cin, "standard input");
  if (std::filesystem::is_directory(path)) throw InputError(path + ": is a folder, not a file; name a .vit file in it");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(path + ": cannot be opened; check that it exists and may be read");
  return read_all(file, path);
}

void write_text(const std::string& path, std::string_view text) {
  if (!path.empty() && path != "-") return write_file(path, text);
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (std::fflush(stdout) != 0) throw InputError("standard output: cannot be written to; check the disk or the pipe");
}

}  // namespace vitrine
