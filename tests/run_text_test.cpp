// `run gpt --data`: a user's own text, sound and broken; each part left out; saved, resumed, loaded and tested.
#include <nlohmann/json.hpp>

#include "tests/killed_program.hpp"
#include "tests/text_run.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

constexpr std::size_t little = 8'000, enough = 90'000;  // bytes, the second to hold every quick gate

nlohmann::json json_of(const std::string& file) { return nlohmann::json::parse(content_of(file)); }

/// It must fail at these gates, and say of each in numbers what broke.
void check_breaks(const std::string& part, const std::vector<std::string>& gates) {
  const TextRun text(sentences(enough));
  const Finished run = text.run({"--without", part});
  INFO(run.out);
  CHECK(run.status == 1);
  const auto broke = run.out.substr(std::min(run.out.find("what broke, in numbers:\n"), run.out.size()));
  CHECK_THAT(run.out, Contains("without " + part + ": "));
  for (const std::string& gate : gates) {
    CHECK_THAT(run.out, Contains("  FAILED " + gate + ": "));
    CHECK_THAT(broke, Contains("  " + gate + ": ") && Contains(" gates FAILED: "));
  }
}

}  // namespace

TEST_CASE("a user's own text is learned beyond its pairs of characters, and drawn") {
  const TextRun text(sentences(enough));
  const Finished run = text.run({"--json", text.path("run.json")});
  INFO(run.out << run.err);
  CHECK(run.status == 0);
  CHECK_THAT(run.out, Contains(" tokens of 25 kinds, the last tenth held out") && Contains("all 11 gates hold") &&
                          Contains("generate gpt --load '" + text.model + "' --prompt \"" +
                                   sentences(1).substr(0, sentences(1).find(' ')) + "\"\n"));
  CHECK_THAT(run.err, Contains("it writes: ") && Contains("held out 1."));
  const auto written = json_of(text.path("run.json"));
  CHECK(written["holds"] == true);
  CHECK(written["vocabulary"] == 25);
  CHECK(written["gates"].size() == 11);
  CHECK(written["held_out_loss"] < written["bigram_loss"].get<double>() - 0.25);
  for (const char* name :
       {"loss.svg", "attention.svg", "memory.svg", "passes.txt", "traced.dot", "gpt_quick.safetensors"})
    CHECK(std::filesystem::file_size(text.out + "/" + name) > 100);
}

TEST_CASE("without attention no context is seen and nothing is turned round") {
  check_breaks("attention", {"turns six letters round", "held-out loss", "context matters", "attention chooses"});
}

TEST_CASE("without positions the order is lost and nothing is turned round") {
  check_breaks("positions", {"turns six letters round", "order matters"});
}

TEST_CASE("without the residual a model learns too slowly") { check_breaks("residual", {"held-out loss"}); }

TEST_CASE("without norms their parameters stay") {
  check_breaks("norm", {"all 35 parameters moved", "all 35 parameters have a gradient"});
}

TEST_CASE("without the mask what follows is seen") { check_breaks("mask", {"no place sees what follows it"}); }

TEST_CASE("a text that cannot be learned from is one sentence and exit code 3, and nothing is written") {
  const std::string some = sentences(little);
  struct Case {
    std::string text, says;
  };
  for (const Case& each : std::vector<Case>{
           {"", "it has no bytes"},
           {some + "\xff" + some, "the bytes at offset " + std::to_string(some.size()) + " (0xff...) are not UTF-8"},
           {"caf\xe9 " + some, "the bytes at offset 3 (0xe9...) are not UTF-8"},
           {some + "\xe2\x82", "are not UTF-8"},
           {"a", "1 tokens are too few for a model that sees 64 at once"},
           {some.substr(0, 1000),
            "1000 tokens are too few for a model that sees 64 at once, in batches of 16: it takes 1209"},
           {std::string(little, 'a'), "it is one character again and again"},
       }) {
    const TextRun text(each.text);
    CAPTURE(each.says);
    CHECK_THAT(sentence_of(text.words(), 3), Contains(each.says));
    CHECK_FALSE(std::filesystem::exists(text.out));
  }
  TextRun text(some);
  const std::string folder = text.scratch.folder().string();
  text.text = text.path("none.txt");
  CHECK_THAT(sentence_of(text.words(), 3), Contains("none.txt\": No such file or directory; check the path"));
  text.text = folder;
  CHECK_THAT(sentence_of(text.words(), 3), Contains("is a folder"));
  CHECK_FALSE(std::filesystem::exists(text.out));
}

TEST_CASE("a language model that is killed and resumed has the same bits as one that ran through") {
  const TextRun text(sentences(little));
  const std::string whole = text.path("whole"), part = text.path("part");
  const auto words = [&](const std::string& file, const std::string& threads) {
    return text.words({"--epochs", "4", "--save", file, "--resume", "--threads", threads});
  };
  CHECK(vitrine_run(words(whole, "1")).status == 1);
  CHECK(killed_behind(words(part, "2"), "  held out"));
  const Finished last = vitrine_run(words(part, "2"));
  CHECK_THAT(last.out, Contains("going on from " + part + ": ") && Contains(" of 4"));
  CHECK(content_of(part) == content_of(whole));
  CHECK_THAT(sentence_of({"run", "gpt", "--resume"}, 2), Contains("add --save FILE"));
  put(text.text, sentences(little) + "the end");
  const Finished other = vitrine_run(words(part, "2"));
  CHECK(other.status == 2);
  CHECK_THAT(other.err, Contains("another training; data is \""));
}

TEST_CASE("a run with --test tells of a saved model what its run told, and --load goes on from it") {
  const TextRun text(sentences(little));
  const std::string trained = text.path("trained.json"), tested = text.path("tested.json");
  const std::string state = text.path("state");
  text.run({"--save", state, "--json", trained});
  const std::string bytes = content_of(text.model);
  for (const std::string& file : {text.model, state}) {
    const Finished test = text.run({"--test", "--load", file, "--json", tested});
    CHECK_THAT(test.out, !Contains("training on") && !Contains("loss.svg") && !Contains("Let it write"));
    CHECK(json_of(tested)["held_out_loss"] == json_of(trained)["held_out_loss"]);
    CHECK(content_of(text.model) == bytes);
  }
  text.run({"--load", text.model, "--json", tested});
  CHECK(json_of(tested)["held_out_loss"] < json_of(trained)["held_out_loss"]);
}

TEST_CASE("a model of another text, another model and a damaged file are refused before anything is learned") {
  const TextRun text(sentences(little));
  text.run();
  const auto load = [&](const std::string& file) {
    const Finished run = vitrine_run(text.words({"--load", file}));
    CHECK(run.status == 3);
    CHECK(std::ranges::count(run.err, '\n') == 1);
    return run.err;
  };
  const std::string saved = text.path("saved");
  put(saved, content_of(text.model));
  std::string other = sentences(little);
  std::ranges::replace(other, 'a', 'A');  // as many characters
  put(text.text, other);
  CHECK_THAT(load(saved), Contains("learned a text of other characters"));
  put(text.text, sentences(little) + "!");
  CHECK_THAT(load(saved), Contains("learned a text of other characters"));
  put(text.text, sentences(little));
  std::string damaged = content_of(saved);
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 4);
  put(saved, damaged);
  CHECK_THAT(load(saved), Contains("damaged"));
  CHECK_THAT(load(text.path("none")), Contains("none"));
  CHECK_THAT(load(text.text), Contains("not safetensors"));
}
