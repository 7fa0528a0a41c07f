#pragma once
// Texts with the ids that another implementation gives them: lines of JSON text, a tab, and numbers; '#' begins a
// remark.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/scratch.hpp"
#include "tools/text/tokenizer.hpp"

namespace vitrine {

/// Checks each of a file in tests/ both ways, and any bytes, and hands out how many texts there were.
inline int check_vectors(const Tokenizer& tokenizer, const std::string& file) {
  std::istringstream vectors(content_of(std::filesystem::path(VITRINE_SOURCE) / "tests" / file));
  int count = 0;
  for (std::string line; std::getline(vectors, line);) {
    if (line.starts_with('#')) continue;
    CAPTURE(line);
    const std::size_t tab = line.find('\t');
    const std::string text = nlohmann::json::parse(line.substr(0, tab));
    std::istringstream numbers(line.substr(tab));
    std::vector<std::int32_t> ids;
    for (std::int32_t id = 0; numbers >> id;) ids.push_back(id);
    CHECK(tokenizer.encode(text) == ids);
    CHECK(tokenizer.decode(ids) == text);
    ++count;
  }
  std::string bytes;
  for (int i = 0; i < 4096; ++i) bytes += static_cast<char>(i * i / 7 + i);
  CHECK(tokenizer.decode(tokenizer.encode(bytes)) == bytes);
  return count;
}

}  // namespace vitrine
