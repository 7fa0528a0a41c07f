// `vitrine quantize`, `generate --weights` and `run --quantize` from a user's eyes.
#include <nlohmann/json.hpp>

#include "tests/text_run.hpp"
#include "vitrine/op.hpp"

using namespace vitrine;
using Catch::Contains;
using Words = std::vector<std::string>;

namespace {

nlohmann::json json_of(const std::string& file) { return nlohmann::json::parse(content_of(file)); }

/// A model of a small text, and its file in few bits.
struct Quantized : TextRun {
  std::string file = path("few.safetensors"), json = path("quantize.json");

  Quantized() : TextRun(sentences(8'000)) { run(); }
  Words words(const Words& more = {}) const {
    Words made{"quantize", "gpt", "--load", model, "--data", text, "-o", file, "--json", json};
    made.insert(made.end(), more.begin(), more.end());
    return made;
  }
  Finished quantize(const Words& more = {}, int status = 0) const {
    Finished done = vitrine_run(words(more));
    INFO(typed(words(more)) << "\n" << done.out << done.err);
    CHECK(done.status == status);
    CHECK(is_plain(done.out + done.err));
    return done;
  }
};

}  // namespace

TEST_CASE("quantize says what is wrong in one sentence") {
  CHECK_THAT(sentence_of({"quantize", "gtp"}, 2), Contains("did you mean 'gpt'?"));
  CHECK_THAT(sentence_of({"quantize", "xor"}, 2), Contains("xor has no weights that are worth fewer bits; take "));
  CHECK_THAT(sentence_of({"quantize", "gpt", "--scheme", "int9"}, 2), Contains("did you mean 'int"));
  CHECK_THAT(sentence_of({"quantize", "gpt", "--budget", "perplexty=1%"}, 2), Contains("did you mean 'perplexity'?"));
  CHECK_THAT(sentence_of({"quantize", "mlp", "--budget", "perplexity=1%"}, 2), Contains("take kl=1e-3"));
  CHECK_THAT(sentence_of({"quantize", "stories", "--data", "x"}, 2), Contains("leave out --data"));
  CHECK_THAT(sentence_of({"generate", "gpt", "--prompt", "a", "--weights", "in8"}, 2),
             Contains("did you mean 'int8'?"));
  CHECK_THAT(sentence_of({"run", "gpt", "--quantize", "int3"}, 2), Contains("did you mean 'int"));
  CHECK_THAT(sentence_of({"run", "xor", "--quantize", "int8"}, 2), Contains("leave out --quantize"));
  const Scratch scratch;
  const auto fresh = [&](const std::string& command) {
    const Finished run = run_program(
        "/bin/sh", {"-c", "cd \"$1\" && exec \"$2\" " + command, "sh", scratch.folder().string(), VITRINE_PROGRAM});
    CHECK(run.status == 3);
    CHECK(run.out.empty());
    CHECK(std::ranges::count(run.err, '\n') == 1);
    return run.err;
  };
  CHECK_THAT(fresh("quantize gpt"), Contains("there is no out/gpt/gpt.safetensors yet; train it with 'run gpt'"));
  CHECK_THAT(fresh("quantize mlp"), Contains("there is no out/mlp/mlp.safetensors yet; train it with 'run mlp'"));
  CHECK_THAT(fresh("quantize stories"), Contains("get it with 'tools/fetch stories'"));
}

TEST_CASE("a trained language model is quantized, writes, and is what its certificate says") {
  const Quantized model;
  const Finished made = model.quantize({"--budget", "perplexity=5%", "--budget", "kl=0.1"});
  CHECK_THAT(made.out, Contains("perplexity") && Contains("same top-1") && Contains("blocks.0.mlp.up.weight") &&
                           Contains("the budget holds: " + model.file));
  const nlohmann::json numbers = json_of(model.json);
  CHECK(numbers["holds"] == true);
  CHECK(numbers["budget"].size() == 2);
  CHECK(numbers["file_bytes"] == std::filesystem::file_size(model.file));
  CHECK(numbers["quality"]["kl"]["mean"] > 0);
  CHECK(numbers["speed"]["after"] > 0);
  CHECK(numbers["size"]["bytes_after"].get<double>() < 1.1 * numbers["size"]["arithmetic"].get<double>());

  const auto write = [&](const std::string& load, const Words& more) {
    Words words{"generate", "gpt", "--load", load, "--prompt", "the", "--temperature", "0", "--tokens", "12"};
    words.insert(words.end(), more.begin(), more.end());
    const Finished run = vitrine_run(words);
    INFO(typed(words) << "\n" << run.err);
    CHECK(run.status == 0);
    return run;
  };
  const Finished of_file = write(model.file, {"--json", model.path("text.json")}),
                 of_memory = write(model.model, {"--weights", "int8"});
  CHECK(of_file.out == of_memory.out);
  CHECK_THAT(of_file.err, Contains("weights in int8, as its certificate says"));
  CHECK_THAT(of_memory.err, Contains("int8 quantized in memory"));
  CHECK(json_of(model.path("text.json"))["weights"] == "int8");
  CHECK(json_of(model.path("text.json"))["parameter_bytes"] == numbers["size"]["bytes_after"]);
  write(model.model, {"--weights", "int4"});
  CHECK_THAT(sentence_of({"generate", "gpt", "--load", model.file, "--prompt", "a", "--weights", "int4"}, 2),
             Contains("has weights in int8, and --weights asks for int4"));

  const Finished tested = model.run({"--test", "--load", model.file});
  CHECK_THAT(tested.out, Contains("weights in int8, with a certificate") && Contains("ok     as its certificate says"));
  CHECK_THAT(sentence_of({"quantize", "gpt", "--load", model.file, "--data", model.text}, 3),
             Contains("in few bits already"));
  std::string bytes = content_of(model.file);
  bytes[bytes.size() - 3] = static_cast<char>(bytes[bytes.size() - 3] ^ 1);
  put(model.file, bytes);
  CHECK_THAT(sentence_of({"generate", "gpt", "--load", model.file, "--prompt", "a"}, 3),
             Contains("does not match its checksum"));
  CHECK_THAT(sentence_of({"run", "gpt", "--quick", "--data", model.text, "--test", "--load", model.file}, 3),
             Contains("does not match its checksum"));
}

TEST_CASE(
    "generate --weights finds what quantize left, and quantizes in memory where it left nothing or an older model") {
  const Quantized model;
  std::filesystem::create_directories(model.path("here/out/gpt"));
  std::filesystem::copy_file(model.model, model.path("here/out/gpt/gpt.safetensors"));
  const auto in_folder = [&](const std::string& command) {
    const Finished run = run_program("/bin/sh", {"-c", "cd \"$1\" && exec \"$2\" " + command, "sh", model.path("here"),
                                                 std::filesystem::absolute(VITRINE_PROGRAM).string()});
    INFO(command << "\n" << run.out << run.err);
    CHECK(run.status == 0);
    return run;
  };
  const std::string writes = "generate gpt --prompt the --temperature 0 --tokens 8 --weights ";
  const Finished memory = in_folder(writes + "int8");
  in_folder("quantize gpt --data '" + model.text + "' --budget kl=1");
  CHECK(std::filesystem::exists(model.path("here/out/gpt/gpt.int8.safetensors")));
  const Finished file = in_folder(writes + "int8"), f32 = in_folder(writes + "f32");
  CHECK_THAT(memory.err, Contains("int8 quantized in memory"));
  CHECK_THAT(file.err, Contains("as its certificate says"));
  CHECK_THAT(f32.err, !Contains("int8"));
  CHECK(file.out == memory.out);
  // Trained again since, the model is another one than the codes are of.
  const std::string trained = model.path("here/out/gpt/gpt.safetensors");
  std::filesystem::last_write_time(trained, std::filesystem::file_time_type::clock::now() + std::chrono::seconds(10));
  CHECK_THAT(in_folder(writes + "int8").err, Contains("int8 quantized in memory"));
}

TEST_CASE("a budget that is too tight returns weights one by one and shows which") {
  const Quantized model;
  const Finished made = model.quantize({"--scheme", "int4", "--budget", "kl=1e-5"});
  CHECK_THAT(made.out, Contains("the budget is missed; the weights that lose most for each byte") &&
                           Contains("  1. ") && Contains("int4 => int8") && Contains("(too much)"));
  const nlohmann::json numbers = json_of(model.json);
  CHECK(numbers["holds"] == true);
  CHECK_FALSE(numbers["returned"].empty());
  CHECK(numbers["returned"].back()["quality"]["kl"]["mean"] <= 1e-5);
}

TEST_CASE("the same model makes the same file") {
  const Quantized model;
  model.quantize();
  const std::string first = content_of(model.file);
  model.quantize({"--threads", "1"});
  CHECK(content_of(model.file) == first);
}

TEST_CASE("run --quantize holds what was trained beside itself, with gates and numbers") {
  const TextRun text(sentences(8'000));
  const Finished run = text.run({"--quantize", "int4", "--json", text.path("run.json")});
  CHECK_THAT(run.out, Contains("gpt in int4, measured on the last tenth of") && Contains("KL divergence in int4: "));
  CHECK(json_of(text.path("run.json"))["quantized"]["scheme"] == "int4");
}

TEST_CASE("a classifier is quantized from what run left, and tested from its file") {
  const Scratch scratch;
  const auto path = [&](const char* name) { return (scratch / name).string(); };
  const Variable no_dot{"PATH", scratch.folder().string()};
  const auto done = [&](const Words& words) {
    const Finished run = vitrine_run(words);
    INFO(typed(words) << "\n" << run.out << run.err);
    CHECK(run.status == 0);
    return run.out;
  };
  const std::string model = path("out/mlp_quick.safetensors"), file = path("mlp.int8.safetensors");
  CHECK_THAT(done({"run", "mlp", "--quick", "--out", path("out")}), Contains("its parameters are in " + model));
  const std::string said = done({"quantize", "mlp", "--load", model, "-o", file, "--json", path("q.json")});
  CHECK_THAT(said, Contains("McNemar's test: p = ") && Contains("ok     accuracy: "));
  const nlohmann::json numbers = json_of(path("q.json"));
  CHECK(numbers["quality"]["rows"] == 10000);
  CHECK(numbers["quality"]["accuracy_before"].get<double>() > 80);
  CHECK(numbers["quality"]["flips"]["p"].get<double>() > 0);
  CHECK_THAT(done({"run", "mlp", "--quick", "--test", "--load", file, "--out", path("out")}),
             Contains("ok     as its certificate says"));
  CHECK_THAT(sentence_of({"run", "mlp", "--quick", "--load", file, "--out", path("out")}, 3),
             Contains("its weights are in few bits, which do not train"));
  CHECK_THAT(sentence_of({"quantize", "cnn", "--load", model}, 3), Contains("not the parameters of cnn"));
  CHECK_THAT(sentence_of({"run", "cnn", "--quick", "--test", "--load", file, "--out", path("out")}, 3),
             Contains("which cnn has not"));
}

TEST_CASE("NAME:SCHEME is a model in few bits wherever models are looked at, and is neither trained nor written with") {
  const Scratch scratch;
  const Finished text = vitrine_run({"show", "mlp:int8", "--step", "forward", "--after", "all"});
  CHECK(text.status == 0);
  CHECK(text.err.empty());
  CHECK_THAT(text.out, Contains("quantized_matmul(") && Contains("state %up.weight.codes : i8[pixel 784, hidden 128]"));
  const std::string page = (scratch / "page.html").string();
  CHECK(vitrine_run({"report", "mlp:int4", "--step", "forward", "-o", page}).status == 0);
  CHECK(vitrine_run({"certify", "mlp:int4,symmetric", "--step", "forward"}).status == 0);
  CHECK(vitrine_run({"explain", "mlp:int8", "--step", "forward", "--node", "up.weight.scales"}).status == 0);
  const Finished picture = vitrine_run({"show", "mlp:int8", "--step", "forward", "--format", "dot"});
  CHECK_THAT(picture.out, Contains(std::string(colour_of(Kind::quantization))) && Contains("quantization"));
  const Finished run = vitrine_run({"run", "mlp:int8"}), unknown = vitrine_run({"show", "mlp:int9"});
  CHECK(run.status == 2);
  CHECK_THAT(run.err, Contains("take 'run mlp --quantize int8'"));
  CHECK(unknown.status == 2);
  CHECK_THAT(unknown.err, Contains("did you mean 'int8'"));
}

TEST_CASE("the picture of a model in few bits has the error of its values, their key, and what was lost in the end") {
  const Quantized run;
  const std::string file = run.path("error.dot");
  run.quantize({"--scheme", "int4,group=8", "--budget", "kl=10", "--picture", file});
  const std::string picture = content_of(file);
  CHECK_THAT(picture, Contains("Each value beside itself in f32") && Contains("Of that, output y has ") &&
                          Contains(" dB") && Contains("60 dB or more"));
  std::size_t told = 0;
  for (auto at = picture.find(" dB<"); at != picture.npos; at = picture.find(" dB<", at + 1)) ++told;
  CHECK(told >= 3);
}
