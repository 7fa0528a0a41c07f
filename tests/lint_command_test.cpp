// `vitrine lint` as a user runs it, and what other commands say of a model that they trace.
#include <nlohmann/json.hpp>

#include "tests/run_program.hpp"
#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

const std::string clean = R"(graph layer {
  input %x : f32[batch 8, time 5, in 3]
  state %w : f32[in 3, out 4] = normal(0.5)
  %2 = matmul(%x, %w) : f32[batch 8, time 5, out 4] #1
  %3 = cumulative_sum(%2) {axis = 1} : f32[batch 8, time 5, out 4] #1
  output y = %3
  place #1 = "model.cpp":12 in up
}
)";
const std::string looks_ahead = [] {
  std::string text = clean;
  text.replace(text.find("{axis = 1}"), 10, "{axis = 1, reverse = true}");
  return text;
}();

}  // namespace

TEST_CASE("every milestone is clean, in the forward graph and in the training step") {
  const Finished list = vitrine_run({"list"});
  REQUIRE(list.status == 0);
  for (const char* name : {"perceptron", "xor", "mlp", "cnn", "gpt", "stories"})
    for (const char* step : {"forward", "train"}) {
      const Finished run = vitrine_run({"lint", name, "--step", step});
      INFO(name << " " << step << run.out << run.err);
      CHECK(run.status == 0);
      CHECK(run.err.empty());
      CHECK_THAT(run.out, Contains("clean, 8 lints looked"));
    }
}

TEST_CASE("lint of a text finds what is planted there: exit code 1, the user's line, JSON") {
  const Scratch scratch;
  put(scratch / "ahead.vit", looks_ahead);
  put(scratch / "clean.vit", clean);
  const Finished found = vitrine_run(
      {"lint", (scratch / "ahead.vit").string(), "--causal", "time", "--json", (scratch / "found.json").string()});
  CHECK(found.status == 1);
  CHECK_THAT(found.out,
             Contains("lint not_causal: cumulative_sum (%3) at model.cpp:12 in up: along time every place sees "
                      "all others, and output 'y', which is declared causal, is made of it") &&
                 Contains("\nlayer: 1 finding\n"));
  const auto json = nlohmann::json::parse(content_of(scratch / "found.json"));
  REQUIRE(json["findings"].size() == 1);
  CHECK(json["findings"][0]["lint"] == "not_causal");
  CHECK(json["findings"][0]["line"] == 12);
  CHECK(json["findings"][0]["node"] == 3);
  // Nothing is declared, or nothing is wrong.
  CHECK(vitrine_run({"lint", (scratch / "ahead.vit").string()}).status == 0);
  const Finished twin = vitrine_run({"lint", "-", "--causal", "time"}, clean);
  CHECK(twin.status == 0);
  CHECK(twin.out == "layer: clean, 8 lints looked\n");
}

TEST_CASE("lint says what it cannot look at") {
  const Scratch scratch;
  put(scratch / "clean.vit", clean);
  CHECK_THAT(sentence_of({"lint", (scratch / "clean.vit").string(), "--causal", "tim"}, 2),
             Contains("--causal tim: no output has an axis of this name"));
  CHECK_THAT(sentence_of({"lint", "gtp"}, 2), Contains("did you mean 'gpt'?"));
}

TEST_CASE("run says what lint finds of the model that it trains: small with --quick, without what is left out") {
  const Scratch scratch;
  const std::string nowhere = (scratch / "missing").string();
  // Data that are missing stop the run behind lint and before it trains.
  const auto said = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "run");
    words.insert(words.end(), {"--data", nowhere, "--out", (scratch / "out").string()});
    const Finished run = vitrine_run(words);
    CHECK(run.status == 3);
    return run.err;
  };
  CHECK_THAT(said({"gpt"}), !Contains("lint"));
  const std::string whole = said({"gpt", "--without", "mask"}), small = said({"gpt", "--quick", "--without", "mask"});
  for (const std::string& found : {whole, small})
    CHECK_THAT(found, Contains("lint not_causal: attention") && Contains("in blocks.0.attention"));
  CHECK(whole != small);  // two blocks in the place of four: the node has another number
  // What was asked for is no finding: the parameters of a part that is left out are read by nobody.
  CHECK_THAT(said({"gpt", "--without", "attention"}), !Contains("lint"));
  CHECK_THAT(said({"mlp", "--without", "up.bias"}), !Contains("lint"));
}
