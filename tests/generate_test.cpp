// `vitrine generate` from a user's eyes.
#include <nlohmann/json.hpp>

#include "tests/llama2c_bytes.hpp"
#include "tests/text_run.hpp"

using namespace vitrine;
using Catch::Contains;
using Words = std::vector<std::string>;

namespace {

/// A model of a small text.
struct Trained : TextRun {
  Trained() : TextRun(sentences(8'000)) { run(); }
  Words words(const std::string& prompt, const Words& more = {}) const {
    Words made{"generate", "gpt", "--load", model, "--prompt", prompt};
    made.insert(made.end(), more.begin(), more.end());
    return made;
  }
  std::string written(const std::string& prompt, const Words& more = {}) const {
    const Finished done = vitrine_run(words(prompt, more));
    INFO(typed(words(prompt, more)) << "\n" << done.err);
    CHECK(done.status == 0);
    CHECK(is_plain(done.err));
    return done.out;
  }
};

}  // namespace

TEST_CASE("generate needs a project that makes text, a trained file and something to go on from") {
  CHECK_THAT(sentence_of({"generate", "gtp", "--prompt", "a"}, 2), Contains("did you mean 'gpt'?"));
  CHECK_THAT(sentence_of({"generate", "mlp", "--prompt", "a"}, 2), Contains("mlp makes no text; take gpt, stories\n"));
  CHECK_THAT(sentence_of({"generate", "gpt"}, 2), Contains("--prompt is missing"));
  CHECK_THAT(sentence_of({"generate", "gpt", "--prompt", ""}, 2), Contains("--prompt is empty"));
  CHECK_THAT(sentence_of({"generate", "gpt", "--prompt", "a", "--tokens", "0"}, 2), Contains("--tokens takes a whole"));
  CHECK_THAT(sentence_of({"generate", "gpt", "--prompt", "a", "--temperature", "x"}, 2), Contains("--temperature"));
  const Scratch scratch;
  const std::string none = (scratch / "none").string(), here = (scratch / "here").string();
  CHECK_THAT(sentence_of({"generate", "gpt", "--prompt", "a", "--load", none}, 3), Contains(none));
  put(here, "no model");
  CHECK_THAT(sentence_of({"generate", "gpt", "--prompt", "a", "--load", here}, 3), Contains("not safetensors"));
  const auto fresh = [&](const std::string& command) {
    const Finished run = run_program(
        "/bin/sh", {"-c", "cd \"$1\" && exec \"$2\" " + command, "sh", scratch.folder().string(), VITRINE_PROGRAM});
    CHECK(run.status == 3);
    CHECK(run.out.empty());
    CHECK(std::ranges::count(run.err, '\n') == 1);
    return run.err;
  };
  CHECK_THAT(fresh("generate gpt --prompt a"),
             Contains("there is no out/gpt/gpt.safetensors yet; train it with 'run gpt'"));
  for (const char* command : {"generate stories --prompt a", "run stories --quick"})
    CHECK_THAT(fresh(command),
               Contains("there is no out/stories/stories.safetensors yet; get it with 'tools/fetch stories', or name"));
}

TEST_CASE("a file that belongs to another model than the stories' is refused in one sentence") {
  const Scratch scratch;
  put(scratch / "model.bin", MadeUpLlama().bytes());
  put(scratch / "tokenizer.bin", tokenizer_bytes());
  const std::string made = (scratch / "made.safetensors").string();
  convert_llama2c(scratch / "model.bin", scratch / "tokenizer.bin", made, "made");
  const auto said = [&](const std::string& file) {
    CHECK_THAT(sentence_of({"run", "stories", "--load", file}, 3), Contains(file) || Contains("tokenizer"));
    return sentence_of({"generate", "stories", "--load", file, "--prompt", "a"}, 3);
  };
  CHECK_THAT(said(made), Contains("the file's tokenizer has 294 tokens and the model scores 32000"));
  // A tokenizer of the right size, and another's weights.
  TensorFile file = read_tensor_file(made);
  nlohmann::json pieces = nlohmann::json::parse(file.metadata.at("tokenizer"));
  for (std::size_t i = pieces["pieces"].size(); i < 32'000; ++i) {
    pieces["pieces"].push_back("x" + std::to_string(i));
    pieces["scores"].push_back(-1);
  }
  file.metadata["tokenizer"] = pieces.dump();
  write_tensor_file(made, file);
  CHECK_THAT(said(made), Contains("not the parameters of stories") &&
                             Contains(R"("blocks.0.before_mlp.gain" is f32[8], the model has f32[288])"));
  const std::string whole = content_of(made);
  put(made, whole.substr(0, whole.size() - 100));
  CHECK_THAT(said(made), Contains("truncated"));
  for (const char* flag : {"--data", "--save"})
    CHECK_THAT(sentence_of({"run", "stories", flag, (scratch / "x").string()}, 2), Contains("others trained it"));
}

TEST_CASE("a text is the prompt and so many tokens, the same for one seed and other for another") {
  const Trained trained;
  const std::string greedy = trained.written("the cat ", {"--temperature", "0", "--tokens", "50"});
  CHECK(greedy.size() == 8 + 50 + 1);
  CHECK(greedy.starts_with("the cat "));
  CHECK(greedy.ends_with("\n"));
  CHECK(trained.written("the cat ", {"--temperature", "0", "--tokens", "50", "--seed", "9"}) == greedy);
  CHECK(trained.written("the cat ", {"--top-k", "1", "--tokens", "50", "--seed", "3"}) == greedy);
  CHECK(trained.written("the cat ", {"--temperature", "0", "--tokens", "20"}) == greedy.substr(0, 28) + "\n");
  const auto drawn = [&](const std::string& seed, const std::string& threads) {
    return trained.written("a", {"--temperature", "1.5", "--seed", seed, "--threads", threads});
  };
  const std::string one = drawn("1", "1");
  CHECK(one.size() == 1 + 200 + 1);
  CHECK(drawn("1", "2") == one);
  CHECK_FALSE(drawn("2", "1") == one);
}

TEST_CASE("figures go to stderr and --json, and what is forgotten of a long prompt is said") {
  const Trained trained;
  const std::string prompt = sentences(100).substr(0, 90), json = trained.path("text.json");
  const Words words = trained.words(prompt, {"--tokens", "9", "--temperature", "0", "--json", json});
  const Finished run = vitrine_run(words);
  CHECK(run.status == 0);
  CHECK(run.out.starts_with(prompt));
  CHECK_THAT(run.err, Contains("the prompt has 90 tokens and the model sees 64; it forgets the first 26\n") &&
                          Contains("9 tokens in "));
  const auto written = nlohmann::json::parse(content_of(json));
  CHECK(prompt + written["text"].get<std::string>() + "\n" == run.out);
  CHECK(written["tokens"] == 9);
  CHECK(written["tokens_per_second"] > 0);
  // What is forgotten decides nothing.
  const std::string rest = trained.written(prompt.substr(26), {"--tokens", "9", "--temperature", "0"});
  CHECK(prompt.substr(0, 26) + rest == run.out);
}

TEST_CASE("a prompt or a way to draw that the model cannot take is refused before a word is written") {
  const Trained trained;
  const auto said = [&](const std::string& prompt, int code, const Words& more = {}) {
    return sentence_of(trained.words(prompt, more), code);
  };
  CHECK_THAT(said("the Cat", 3), Contains("--prompt: the character U+0043 at offset 4 is none of the 25"));
  CHECK_THAT(said("caf\xc3\xa9", 3), Contains("U+00E9 at offset 3"));
  CHECK_THAT(said("a\xff", 3), Contains("--prompt: the bytes at offset 1 (0xff...) are not UTF-8"));
  for (const char* p : {"0", "1.5", "-1", "nan"})
    CHECK_THAT(said("a", 2, {"--top-p", p}), Contains("a top_p of " + std::string(p)));
  for (const char* t : {"-1", "nan", "inf"}) CHECK_THAT(said("a", 2, {"--temperature", t}), Contains("temperature"));
  CHECK_THAT(said("a", 2, {"--top-k", "-1"}), Contains("--top-k takes a whole number"));
  std::string damaged = content_of(trained.model);
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 4);
  put(trained.model, damaged);
  CHECK_THAT(said("a", 3), Contains("damaged"));
}

TEST_CASE("a file that is no language model's is refused") {
  const TextRun text("");
  const std::string xor_file = text.path("xor");
  vitrine_run({"run", "xor", "--quick", "--out", text.out, "--save", xor_file});
  CHECK_THAT(sentence_of({"generate", "gpt", "--prompt", "a", "--load", xor_file}, 3),
             Contains("its metadata has no 'tokenizer'"));
}
