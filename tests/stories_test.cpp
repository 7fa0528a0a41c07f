// The model stories15M itself. tests/stories_test.sh gets it and runs this.
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/run_program.hpp"
#include "tests/scratch.hpp"
#include "tests/tokenizer_vectors.hpp"
#include "tools/language_file.hpp"

using namespace vitrine;
using Catch::Contains;
using Catch::StartsWith;

namespace {

std::string stories_file() {
  const char* file = std::getenv("VITRINE_STORIES");
  REQUIRE(file != nullptr);
  return file;
}

}  // namespace

TEST_CASE("Llama's tokenizer gives the ids that others give, and any bytes come back", "[.][stories]") {
  Pool pool(2);
  const auto tokenizer = read_language_file(stories_file(), pool).tokenizer;
  CHECK(tokenizer->size() == 32'000);
  const Finished told = vitrine_run({"tokenize", "Once upon a time", "--with", stories_file()});
  CHECK_THAT(told.out, StartsWith("1 9038 2501 263 931\n"));
  CHECK(check_vectors(*tokenizer, "llama_vectors.txt") == 39);
}

TEST_CASE("the stories' model holds every gate, draws what it names, and fails without each part", "[.][stories]") {
  const Scratch scratch;
  const std::string out = (scratch / "out").string();
  const Finished run = vitrine_run({"run", "stories", "--load", stories_file(), "--out", out});
  INFO(run.out << run.err);
  CHECK(run.status == 0);
  CHECK(is_plain(run.out + run.err));
  CHECK_THAT(run.out, Contains("all 8 gates hold"));
  for (const char* name : {"surprise.svg", "attention.svg", "memory.svg", "passes.txt"})
    CHECK(std::filesystem::exists(scratch / "out" / name));
  for (const char* part : {"attention", "keys", "mlp"}) {
    const Finished broken = vitrine_run({"run", "stories", "--load", stories_file(), "--out", out, "--without", part});
    INFO(broken.out << broken.err);
    CHECK(broken.status == 1);
    CHECK_THAT(broken.out, Contains("FAILED it writes what was published") && Contains("FAILED a text of its kind"));
  }
}

TEST_CASE("it goes on as published, and its memory is the file's", "[.][stories]") {
  const Scratch scratch;
  const std::string json = (scratch / "text.json").string();
  const Finished run = vitrine_run({"generate", "stories", "--load", stories_file(), "--prompt", "Once upon a time",
                                    "--tokens", "48", "--temperature", "0", "--json", json});
  INFO(run.err);
  CHECK(run.status == 0);
  CHECK(
      run.out.starts_with("Once upon a time, there was a little girl named Lily. She loved to play outside in the "
                          "sunshine. One day, she saw a big, red ball in the sky. It was the sun!"));
  CHECK_THAT(run.err, Contains("loaded 60.8 MB in ") && Contains("48 tokens in "));
  CHECK(nlohmann::json::parse(content_of(json))["load_seconds"] > 0);
}

TEST_CASE("a story that comes to its end stops there", "[.][stories]") {
  const std::string prompt = "Once upon a time, there was a boy. He had a dog. They all went home and were happy.";
  const Finished run = vitrine_run(
      {"generate", "stories", "--load", stories_file(), "--prompt", prompt, "--tokens", "120", "--temperature", "0"});
  INFO(run.out << run.err);
  CHECK(run.status == 0);
  CHECK(run.out.ends_with("The end.\n"));
  CHECK_THAT(run.err, Contains("66 tokens in ") && Contains("the text has come to its end"));
}

TEST_CASE("a stories' file with one bit changed or its end lost is refused", "[.][stories]") {
  const Scratch scratch;
  std::string bytes = content_of(stories_file());
  const std::string bad = (scratch / "bad.safetensors").string();
  const auto said = [&] { return sentence_of({"generate", "stories", "--load", bad, "--prompt", "a"}, 3); };
  for (const std::size_t at : {bytes.size() / 2, bytes.size() - 1, std::size_t{5000}}) {
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    put(bad, bytes);
    CHECK_THAT(said(), Contains(bad) && Contains("the file is damaged"));
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
  }
  put(bad, std::string_view(bytes).substr(0, bytes.size() - 4096));
  CHECK_THAT(said(), Contains(bad) && Contains("truncated"));
}

TEST_CASE("in eight bits it loses next to nothing, in a quarter of the room, and the file says so", "[.][stories]") {
  const Scratch scratch;
  const std::string file = (scratch / "int8.safetensors").string(), json = (scratch / "numbers.json").string();
  const std::vector<std::string> words{"quantize", "stories", "--load", stories_file(), "-o", file, "--json", json};
  const Finished run = vitrine_run(words);
  INFO(run.out << run.err);
  CHECK(run.status == 0);
  CHECK(is_plain(run.out + run.err));
  const auto numbers = nlohmann::json::parse(content_of(json));
  CHECK(numbers["returned"].empty());
  CHECK(numbers["quality"]["groups"] == 64);
  CHECK(numbers["quality"]["perplexity_change_percent"] <= 0.1);
  CHECK(numbers["quality"]["kl"]["mean"] <= 1e-3);
  CHECK(numbers["quality"]["same_top1"]["mean"] >= 0.988);
  CHECK(numbers["weights"].size() == 43);
  CHECK(numbers["file_bytes"].get<double>() <= 1.1 * numbers["size"]["arithmetic"].get<double>());
  const Finished text = vitrine_run(
      {"generate", "stories", "--load", file, "--prompt", "Once upon a time", "--tokens", "12", "--temperature", "0"});
  INFO(text.err);
  CHECK(text.out.starts_with("Once upon a time, there was a little girl named"));
}
