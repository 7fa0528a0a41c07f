// Models of llama2.c, made up in the small: read, converted, computed, refused.
#include <catch2/catch.hpp>

#include "tests/llama2c_bytes.hpp"
#include "tools/language_file.hpp"
#include "tools/parameter_file.hpp"
#include "tools/text_generator.hpp"
#include "vitrine/models/llama.hpp"
#include "vitrine/trace.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

constexpr Axis batch{"batch", 1}, place{"time", 16}, width{"width", 8}, head{"head", 2}, kv{"kv", 1}, wide{"wide", 12},
    token{"token", 259 + 35};
Graph small_llama() { return trace_language_model(Llama<batch, place, token, width, head, kv, wide, 2>{}, "small"); }

/// Both files in a folder, and what converting them says.
struct Files {
  Scratch scratch{};
  MadeUpLlama model{};
  std::string model_bytes = model.bytes(), tokenizer = tokenizer_bytes();
  std::filesystem::path to = scratch / "small.safetensors";

  std::string converted() const {
    put(scratch / "model.bin", model_bytes);
    put(scratch / "tokenizer.bin", tokenizer);
    return input_error_of([&] { convert_llama2c(scratch / "model.bin", scratch / "tokenizer.bin", to, "small"); });
  }
  std::string refusal() const {
    const std::string said = converted();
    CHECK_FALSE(std::filesystem::exists(to));
    return said;
  }
  void set_size(std::size_t at, std::int32_t size) {
    std::memcpy(model_bytes.data() + at * sizeof size, &size, sizeof size);
  }
};

}  // namespace

TEST_CASE("a converted model of llama2.c scores a text as llama2.c would") {
  const Files files;
  REQUIRE(files.converted() == "no error");
  Pool pool(2);
  const LanguageFile file = read_language_file(files.to.string(), pool);
  CHECK(file.model == "small");
  CHECK(file.tokenizer->kind() == "pieces");
  CHECK(file.tokenizer->size() == token.size);
  States states;
  const Graph forward = small_llama();
  hold_parameters(files.to.string(), file.parameters, forward, states);
  const std::vector<std::int32_t> text = file.tokenizer->encode("the bee");
  REQUIRE(text.size() > 3);
  TextProgram program(forward, 1, text.size(), states, pool);
  program.run(text);
  const std::vector<double> want = files.model.scores(text);
  const auto got = program.output("y");
  REQUIRE(got.size() == want.size());
  double most = 0;
  for (std::size_t i = 0; i < want.size(); ++i) most = std::max(most, std::abs(static_cast<double>(got[i]) - want[i]));
  CHECK(most < 2e-4);
}

TEST_CASE("a weight is turned round, a row of the embedding stays") {
  const Files files;
  put(files.scratch / "model.bin", files.model_bytes);
  const Llama2cModel read = read_llama2c_model(files.scratch / "model.bin");
  const auto at = [&](const std::string& name, std::size_t i) {
    float number = 0;
    std::memcpy(&number, read.parameters.at(name).bytes.data() + i * sizeof number, sizeof number);
    return number;
  };
  CHECK(read.parameters.size() == 2 + 2 * 9);
  CHECK(read.parameters.at("blocks.1.mlp.gate.weight").sizes == std::vector<std::size_t>{8, 12});
  CHECK(at("blocks.1.mlp.gate.weight", 3 * 12 + 7) == files.model.gate[(12 + 7) * 8 + 3]);
  CHECK(at("blocks.0.mlp.down.weight", 11 * 8 + 2) == files.model.down[2 * 12 + 11]);
  CHECK(at("tokens.weight", 17 * 8 + 5) == files.model.embedding[17 * 8 + 5]);
  CHECK(at("norm.gain", 6) == files.model.norm[6]);
}

TEST_CASE("a model that is truncated, longer, or of another format is refused") {
  Files files;
  const std::string whole = files.model_bytes;
  for (const std::size_t size : {std::size_t{0}, std::size_t{27}}) {
    files.model_bytes = whole.substr(0, size);
    CHECK_THAT(files.refusal(), Contains("model.bin\"") && Contains("and a model of llama2.c begins with 28"));
  }
  for (const std::string& bytes : {whole.substr(0, whole.size() - 1), whole + "x", whole.substr(0, 28)}) {
    files.model_bytes = bytes;
    CHECK_THAT(files.refusal(), Contains("it has " + std::to_string(bytes.size()) + " bytes") &&
                                    Contains("has " + std::to_string(whole.size())) && Contains("truncated"));
  }
  files.model_bytes = std::string(4096, '\x7f');
  CHECK_THAT(files.refusal(), Contains("no model has such sizes"));
  files.model_bytes = whole;
  files.set_size(0, 0);
  CHECK_THAT(files.refusal(), Contains("begins with 0, 12, 2, 2, 1,") && Contains("no model has such sizes"));
  files.set_size(0, 9);
  CHECK_THAT(files.refusal(), Contains("so many heads cannot share the width"));
  files.set_size(0, 8);
  files.set_size(5, -294);
  CHECK_THAT(files.refusal(), Contains("a last layer of its own"));
}

TEST_CASE("a model with other rotary positions is refused") {
  Files files;
  files.model.sines[5] += 0.01f;
  files.model_bytes = files.model.bytes();
  CHECK_THAT(files.refusal(), Contains("pair 1 at place 2") && Contains("base 10000"));
}

TEST_CASE("a tokenizer of another size, cut off or without its marks is refused") {
  Files files;
  const std::string whole = files.tokenizer;
  auto more = small_pieces();
  more.emplace_back("bed");
  files.tokenizer = tokenizer_bytes(more);
  CHECK_THAT(files.refusal(), Contains("tokenizer.bin\": it has 295 pieces, and its model 294"));
  for (const std::size_t lost : {1u, 5u, 9u, 40u}) {
    files.tokenizer = whole.substr(0, whole.size() - lost);
    CHECK_THAT(files.refusal(),
               Contains("tokenizer.bin\": ") && (Contains("ends behind") || Contains("pieces, and its model")));
  }
  files.tokenizer = "";
  CHECK_THAT(files.refusal(), Contains("tokenizer.bin"));
  files.tokenizer = whole;
  files.tokenizer[whole.find("<unk>")] = '(';
  CHECK_THAT(files.refusal(), Contains("piece 0 is \"(unk>\" where <unk> belongs"));
  auto twice = small_pieces();
  twice.back() = "he";
  files.tokenizer = tokenizer_bytes(twice);
  CHECK_THAT(files.refusal(), Contains("\"he\" again, as piece 260 is"));
}

TEST_CASE("a file whose parameters are another model's is refused with their names") {
  const Files files;
  REQUIRE(files.converted() == "no error");
  Pool pool(1);
  States states;
  const LanguageFile file = read_language_file(files.to.string(), pool);
  Graph other = trace_language_model(Llama<batch, place, token, width, head, kv, wide, 1>{}, "shorter");
  CHECK_THAT(input_error_of([&] { hold_parameters("F", file.parameters, other, states); }),
             Contains("F: not the parameters of shorter") && Contains("the model has no \"blocks.1."));
  CHECK(states.names().empty());
}
