// A file in few bits goes with its certificate or is refused.
#include "tools/quantize/quantized_file.hpp"

#include <nlohmann/json.hpp>

#include "runtime/in_quotes.hpp"
#include "tests/scratch.hpp"
#include "tests/small_language.hpp"
#include "tools/parameter_file.hpp"
#include "tools/quantize/certificate_text.hpp"
#include "tools/text_program.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

struct Saved {
  Graph forward = small::gpt();
  Pool pool{2};
  States states;
  Scratch scratch{};
  std::string path = (scratch / "model.safetensors").string();

  explicit Saved(const char* scheme = "int8", std::uint64_t seed = 3) : states(seed) {
    TextProgram(forward, 1, 8, states, pool);
    ModelInFewBits model(forward, scheme_named(scheme), states, pool);
    save_quantized(path, model.graph(), model.states(), model.scheme(), model.formats(), {{"measured", 0.25}},
                   {{"tokenizer", "none"}});
  }
  QuantizedModel read(const std::string& from) { return read_quantized(from, map_tensor_file(from, pool), forward); }
  std::string refusal() {
    return input_error_of([&] { read(path); });
  }
  void rewrite(const std::function<void(TensorFile&)>& change) {
    TensorFile file = read_tensor_file(path);
    change(file);
    write_tensor_file(path, file);
  }
};

/// The same file without the checksums of its tensors.
std::string without_checksums(const std::string& bytes) {
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  auto header = nlohmann::ordered_json::parse(bytes.substr(8, length));
  auto& metadata = header["__metadata__"];
  std::vector<std::string> keys;
  for (const auto& [key, value] : metadata.items())
    if (key.starts_with("xxh3")) keys.push_back(key);
  for (const std::string& key : keys) metadata.erase(key);
  std::string text = header.dump();
  text.append((64 - (8 + text.size()) % 64) % 64, ' ');
  length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + text + bytes.substr(bytes.size() - [&] {
    std::size_t end = 0;
    for (const auto& [name, tensor] : header.items())
      if (name != "__metadata__") end = std::max(end, tensor["data_offsets"][1].get<std::size_t>());
    return end;
  }());
}

}  // namespace

TEST_CASE("a model in few bits comes back from its file as it was, with its certificate") {
  for (const char* scheme : {"int8", "int4,group=4", "int4,group=4,symmetric,ends=int4", "bf16", "dynamic_int8"}) {
    CAPTURE(scheme);
    Saved saved(scheme);
    const MappedTensorFile file = map_tensor_file(saved.path, saved.pool);
    CHECK(is_in_few_bits(file.metadata));
    const QuantizedModel read = read_quantized(saved.path, file, saved.forward);
    CHECK(read.scheme.name == scheme);
    CHECK(read.formats == formats_of(quantizable_weights(saved.forward), scheme_named(scheme)));
    CHECK(nlohmann::json::parse(read.certificate)["measured"] == 0.25);
    CHECK(content_of(saved.path).substr(8, 32).starts_with(R"({"__metadata__":{"certificate":")"));
    States states;
    hold_parameters(saved.path, file, read.graph, states);
    const std::vector<std::int32_t> text{1, 2, 3, 4, 5, 6, 0, 1};
    const auto scores = [&](const Graph& graph, States& of) {
      TextProgram program(graph, 1, 8, of, saved.pool);
      program.run(text);
      const auto y = program.output("y");
      return std::vector<float>(y.begin(), y.end());
    };
    ModelInFewBits again(saved.forward, scheme_named(scheme), saved.states, saved.pool);
    CHECK(scores(read.graph, states) == scores(again.graph(), again.states()));
  }
}

TEST_CASE("any flipped byte of a file in few bits is refused") {
  Saved saved;
  const std::string whole = content_of(saved.path);
  for (std::size_t at = 3; at < whole.size(); at += whole.size() / 40) {
    CAPTURE(at);
    std::string broken = whole;
    broken[at] = static_cast<char>(broken[at] ^ 4);
    put(saved.path, broken);
    CHECK_THAT(saved.refusal(), Contains(saved.path) && !Contains("no error"));
  }
}

TEST_CASE("a certificate of other weights is refused, and so is one that was changed") {
  Saved saved, other("int8", 4);
  const std::string theirs = read_tensor_file(other.path).metadata.at("certificate");
  saved.rewrite([&](TensorFile& file) { file.metadata["certificate"] = theirs; });
  CHECK_THAT(saved.refusal(), Contains("its certificate was made of other weights or formats than it holds"));
  Saved better;
  better.rewrite([](TensorFile& file) {
    auto certificate = nlohmann::json::parse(file.metadata["certificate"]);
    certificate["measured"] = 0;
    file.metadata["certificate"] = certificate.dump();
  });
  CHECK_THAT(better.refusal(), Contains("its certificate was made of other weights"));
  Saved swapped;
  swapped.rewrite([](TensorFile& file) {
    std::swap(file.tensors.at("blocks.0.attention.keys.weight.codes"),
              file.tensors.at("blocks.1.attention.keys.weight.codes"));
  });
  CHECK_THAT(swapped.refusal(), Contains("its certificate was made of other weights"));
}

TEST_CASE("a file in few bits without certificate, formats, scheme or checksums is refused") {
  for (const char* key : {"certificate", "formats", "scheme"}) {
    Saved saved;
    saved.rewrite([&](TensorFile& file) { file.metadata.erase(key); });
    CHECK_THAT(saved.refusal(), Contains(std::string("has no '") + key + "'"));
    saved.rewrite([&](TensorFile& file) { file.metadata[key] = "[1"; });
    CHECK_THAT(saved.refusal(), !Contains("no error"));
  }
  Saved saved;
  put(saved.path, without_checksums(content_of(saved.path)));
  CHECK_THAT(saved.refusal(), Contains("its tensors have no checksums"));
}

TEST_CASE("formats of another model, and formats that are none, are refused") {
  Saved saved;
  const Graph llama = small::llama();
  CHECK_THAT(input_error_of([&] { read_quantized(saved.path, map_tensor_file(saved.path, saved.pool), llama); }),
             Contains("its formats name a weight ") && Contains("which llama has not"));
  const auto json = [](const char* text) { return nlohmann::json::parse(text); };
  for (const char* bad : {"3", "{}", R"({"precision": "int3"})", R"({"precision": "int8", "group": -1})",
                          R"({"precision":"int4","group":3,"symmetric":true,"scales":"maximum"})",
                          R"({"precision":"int8","group":32,"symmetric":false,"scales":"maximum"})",
                          R"({"precision":"int8","group":32,"symmetric":true,"scales":"best"})"})
    CHECK_THAT(input_error_of([&] { format_from(json(bad), "here"); }), Contains("here: ") && Contains("is no format"));
  for (const char* scheme : {"int8", "int4", "bf16", "int4,group=64,symmetric,scale=maximum"})
    for (const WeightFormat& format : {scheme_named(scheme).weights, scheme_named(scheme).ends})
      CHECK(format_from(format_json(format), "here") == format);
}

TEST_CASE("weights in few bits are not taken for parameters to train from") {
  Saved saved;
  CHECK_THAT(input_error_of([&] { load_parameters(saved.path, saved.forward, saved.states); }),
             Contains("its weights are in few bits, which do not train"));
}
