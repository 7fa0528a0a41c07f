// GPT-2's own vocabulary. tests/gpt2_test.sh gets it and runs this.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/scratch.hpp"
#include "tests/tokenizer_vectors.hpp"
#include "tools/text/gpt2_files.hpp"

using namespace vitrine;

TEST_CASE("GPT-2's tokenizer gives the ids that others give, and any bytes come back", "[.][gpt2]") {
  const char* folder = std::getenv("VITRINE_GPT2");
  REQUIRE(folder != nullptr);
  const BytePairTokenizer tokenizer = read_gpt2(folder);
  CHECK(tokenizer.size() == 50257);
  CHECK(tokenizer.merges().size() == 50000);
  CHECK(tokenizer.token(50256) == "<|endoftext|>");
  CHECK(check_vectors(tokenizer, "gpt2_vectors.txt") == 39);
  CHECK(make_tokenizer(tokenizer.to_json(), "json")->encode("To be, or not to be \xff") ==
        tokenizer.encode("To be, or not to be \xff"));
}
