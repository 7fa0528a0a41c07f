// Tokenizers as texts and files: there and back, and what is refused.
#include "tools/text/tokenizer.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>

#include "runtime/tensor_file.hpp"
#include "tests/scratch.hpp"
#include "tools/text/byte_pairs.hpp"
#include "tools/text/characters.hpp"

using namespace vitrine;
using Catch::Contains;
using Ids = std::vector<std::int32_t>;

namespace {

const std::string sample = "na\u00efve caf\u00e9 \"\\\" \n\u20ac \U0001F600 the the the";

std::string refusal_of(std::string_view json) {
  return input_error_of([&] { make_tokenizer(json, "T"); });
}

/// A saved tokenizer with one thing changed.
template <class Change> std::string refusal_after(const Tokenizer& tokenizer, Change change) {
  nlohmann::json json = nlohmann::json::parse(tokenizer.to_json());
  change(json);
  return refusal_of(json.dump());
}

}  // namespace

TEST_CASE("characters: learned, encoded, decoded") {
  const CharacterTokenizer tokenizer("cab\u00e9", "text");
  CHECK(tokenizer.size() == 4);
  CHECK(tokenizer.kind() == "characters");
  CHECK(tokenizer.encode("b\u00e9a") == Ids{1, 3, 0});
  CHECK(tokenizer.encode("").empty());
  CHECK(tokenizer.token(3) == "\u00e9");
  CHECK(tokenizer.decode(Ids{2, 0, 1}) == "cab");
}

TEST_CASE("characters: no text, bytes that are not UTF-8 and unseen characters are told with the offset") {
  CHECK_THAT(input_error_of([] { CharacterTokenizer("", "mine.txt"); }), Contains("mine.txt: it has no bytes"));
  CHECK_THAT(input_error_of([] { CharacterTokenizer("ab\xff", "mine.txt"); }),
             Contains("mine.txt: the bytes at offset 2 (0xff...) are not UTF-8"));
  const CharacterTokenizer tokenizer("abc", "text");
  CHECK_THAT(input_error_of([&] { tokenizer.encode("ab\u00e9", "prompt"); }),
             Contains("prompt: the character U+00E9 at offset 2 is none of the 3"));
  CHECK_THAT(input_error_of([&] { tokenizer.encode("a\xc3", "prompt"); }), Contains("prompt: the bytes at offset 1"));
  CHECK_THROWS_AS(tokenizer.decode(Ids{0, 3}), UsageError);
}

TEST_CASE("every kind of tokenizer comes back from its JSON, from a file and from a safetensors file's metadata") {
  const Scratch scratch;
  std::vector<std::unique_ptr<Tokenizer>> all;
  all.push_back(std::make_unique<CharacterTokenizer>(sample + std::string(1, '\0'), "text"));
  for (const Split split : {Split::none, Split::gpt2})
    all.push_back(std::make_unique<BytePairTokenizer>(train_byte_pairs(sample + "\xff\xff", 270, split, "text")));
  for (const auto& tokenizer : all) {
    const std::string json = tokenizer->to_json();
    CHECK(std::ranges::all_of(json, [](char c) { return c >= ' ' && c <= '~'; }));
    save_tokenizer(scratch / "t.json", *tokenizer);
    write_tensor_file(scratch / "t.safetensors", {.tensors = {}, .metadata = {{"tokenizer", json}}});
    const std::string stored = read_tensor_file(scratch / "t.safetensors").metadata.at("tokenizer");
    for (const auto& back : {make_tokenizer(json, "json"), load_tokenizer(scratch / "t.json"),
                             load_tokenizer(scratch / "t.safetensors"), make_tokenizer(stored, "t")}) {
      CHECK(back->kind() == tokenizer->kind());
      CHECK(back->size() == tokenizer->size());
      CHECK(back->to_json() == json);
      CHECK(back->encode(sample) == tokenizer->encode(sample));
      CHECK(back->decode(back->encode(sample)) == sample);
    }
  }
  write_tensor_file(scratch / "none.safetensors", {});
  CHECK_THAT(input_error_of([&] { load_tokenizer(scratch / "none.safetensors"); }),
             Contains("none.safetensors\": its metadata has no 'tokenizer'; use"));
  put(scratch / "t.json", "old");
  CHECK_THROWS_AS(save_tokenizer(scratch / "no" / "t.json", *all[0]), InputError);
  CHECK(content_of(scratch / "t.json") == "old");
}

TEST_CASE("a text that is no tokenizer is one sentence with its place") {
  CHECK_THAT(refusal_of(""), Contains("T: it is not JSON, or cut off, at offset 0"));
  CHECK_THAT(refusal_of(R"({"tokenizer": "characters", )"), Contains("not JSON, or cut off, at offset 28"));
  CHECK_THAT(refusal_of(std::string("{}\0{}", 5)), Contains("the byte at offset 2 is zero"));
  CHECK_THAT(refusal_of("{\"tokenizer\": \"\xff\"}"), Contains("not JSON"));
  CHECK_THAT(refusal_of(R"({"tokenizer": 1e999})"), Contains("too large"));
  CHECK_THAT(refusal_of(std::string(1000000, '[')), Contains("not JSON"));
  CHECK_THAT(refusal_of(R"({"tokenizer": "characters", "characters": "a", "characters": "b"})"),
             Contains("\"characters\" stands twice"));
  for (const char* other : {"[]", "null", "{}", "3", R"({"tokenizer": 1})", R"(["tokenizer"])"})
    CHECK_THAT(refusal_of(other), Contains("T: it is no tokenizer"));
  CHECK_THAT(refusal_of("{\"tokenizer\": \"a\\nb\"}"), Contains("its kind is \"a\\x0ab\", not"));
}

TEST_CASE("a saved tokenizer in which something was changed is one sentence with its place") {
  const CharacterTokenizer characters("abc", "text");
  using Json = nlohmann::json;
  CHECK(refusal_after(characters, [](Json&) {}) == "no error");
  CHECK_THAT(refusal_after(characters, [](Json& j) { j["characters"] = "acb"; }),
             Contains("not each once, in the order"));
  CHECK_THAT(refusal_after(characters, [](Json& j) { j["characters"] = "abbc"; }), Contains("not each once"));
  CHECK_THAT(refusal_after(characters, [](Json& j) { j["characters"] = ""; }), Contains("T: it has no bytes"));
  CHECK_THAT(refusal_after(characters, [](Json& j) { j["characters"] = 7; }), Contains("\"characters\" is not a text"));
  CHECK_THAT(refusal_after(characters, [](Json& j) { j["more"] = 7; }), Contains("3 names where 2 belong"));

  const BytePairTokenizer pairs = train_byte_pairs("ababab abab", 258, Split::none, "text");
  REQUIRE(pairs.size() == 258);
  CHECK(refusal_after(pairs, [](Json&) {}) == "no error");
  CHECK_THAT(refusal_after(pairs, [](Json& j) { j["split"] = "words"; }), Contains("its split is \"words\""));
  CHECK_THAT(refusal_after(pairs, [](Json& j) { j.erase("merges"); }), Contains("3 names where 4 belong"));
  CHECK_THAT(refusal_after(pairs, [](Json& j) { j.erase("merges"), j["merge"] = 1; }),
             Contains("\"merges\" is missing"));
  CHECK_THAT(refusal_after(pairs, [](Json& j) { j["tokens"] = "abc"; }), Contains("\"tokens\" is not an array"));
  CHECK_THAT(refusal_after(pairs, [](Json& j) { j["tokens"][3] = 3; }), Contains("the token of id 3 spells no bytes"));
  CHECK_THAT(refusal_after(pairs, [](Json& j) { j["tokens"][4] = " "; }),
             Contains("the token of id 4 spells no bytes"));
  CHECK_THAT(refusal_after(pairs, [](Json& j) { j["tokens"][256] = "a"; }),
             Contains("the token \"a\" has two ids, 97 and 256"));
  CHECK_THAT(refusal_after(pairs, [](Json& j) { j["tokens"].erase(5); }), Contains("the byte 0x05"));
  CHECK_THAT(refusal_after(pairs, [](Json& j) { j["merges"].erase(1); }), Contains("no merge makes the token"));
  CHECK_THAT(refusal_after(pairs,
                           [](Json& j) {
                             j["merges"][1] = {97, 98};
                           }),
             Contains("T: merge 1: \"a\" and \"b\" are merged already"));
  for (const Json& wrong :
       {Json(1), Json{1}, Json{1, 2, 3}, Json{1, "2"}, Json{1, -2}, Json{1, 2.5}, Json{1, 1e9}, Json{1, 4294967296}})
    CHECK_THAT(refusal_after(pairs, [&](Json& j) { j["merges"][0] = wrong; }), Contains("T: merge 0 is not two ids"));
  CHECK_THAT(refusal_after(pairs,
                           [](Json& j) {
                             j["merges"][0] = {97, 300};
                           }),
             Contains("T: merge 0: 300 is no token's id"));
}

TEST_CASE("a saved tokenizer with any byte changed, lost or doubled is refused, or is still a sound tokenizer") {
  std::mt19937 random(8);
  const std::string saved = train_byte_pairs("ababab abab", 260, Split::gpt2, "text").to_json();
  int refused = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string json = saved;
    const std::size_t at = random() % json.size();
    if (i % 3 == 0) json[at] = static_cast<char>(random() % 256);
    if (i % 3 == 1) json.erase(at, 1 + random() % 3);
    if (i % 3 == 2) json.insert(at, json.substr(at, 1 + random() % 3));
    CAPTURE(json);
    try {
      const auto made = make_tokenizer(json, "T");
      CHECK(made->decode(made->encode(sample + "\xff")) == sample + "\xff");
    } catch (const InputError& error) {
      CHECK(std::string_view(error.what()).starts_with("T: "));
      ++refused;
    }
  }
  CHECK(refused > 900);
}

TEST_CASE("a tokenizer's file that is missing, empty, or a folder without one is told") {
  const Scratch scratch;
  put(scratch / "empty.json", "");
  put(scratch / "text.json", "once upon a time");
  CHECK_THAT(input_error_of([&] { load_tokenizer(scratch / "none.json"); }), Contains("none.json"));
  CHECK_THAT(input_error_of([&] { load_tokenizer(scratch / "empty.json"); }),
             Contains("empty.json\": it has no bytes"));
  CHECK_THAT(input_error_of([&] { load_tokenizer(scratch / "text.json"); }), Contains("text.json\": it is not JSON"));
  CHECK_THAT(input_error_of([&] { load_tokenizer(scratch.folder()); }),
             Contains("no encoder.json in the folder") && Contains("tools/fetch gpt2"));
}
