// GPT-2's own vocabulary. tests/gpt2_test.sh gets it and runs this.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/scratch.hpp"
#include "tools/text/gpt2_files.hpp"

using namespace vitrine;

TEST_CASE("GPT-2's tokenizer gives the ids that others give, and any bytes come back", "[.][gpt2]") {
  const char* folder = std::getenv("VITRINE_GPT2");
  REQUIRE(folder != nullptr);
  const BytePairTokenizer tokenizer = read_gpt2(folder);
  CHECK(tokenizer.size() == 50257);
  CHECK(tokenizer.merges().size() == 50000);
  CHECK(tokenizer.token(50256) == "<|endoftext|>");
  std::istringstream vectors(content_of(std::filesystem::path(VITRINE_SOURCE) / "tests/gpt2_vectors.txt"));
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
  CHECK(count == 39);
  std::string bytes;
  for (int i = 0; i < 4096; ++i) bytes += static_cast<char>(i * i / 7 + i);
  CHECK(tokenizer.decode(tokenizer.encode(bytes)) == bytes);
  CHECK(make_tokenizer(tokenizer.to_json(), "json")->encode(bytes) == tokenizer.encode(bytes));
}
