// GPT-2's two files, in the small: a vocabulary and merges made here.
#include "tools/text/gpt2_files.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/scratch.hpp"
#include "tools/text/byte_spelling.hpp"

using namespace vitrine;
using Catch::Contains;
using Ids = std::vector<std::int32_t>;
using Json = nlohmann::ordered_json;

namespace {

/// The 256 bytes in an order of their own, what these merges make, and a mark.
struct Files {
  std::vector<std::pair<std::string, std::string>> pairs{{" ", "t"}, {"h", "e"},   {" t", "he"},     {"'", "s"},
                                                         {"a", "a"}, {"aa", "aa"}, {"\xc3", "\xa9"}, {" ", "\xc3\xa9"},
                                                         {"1", "2"}, {"\n", "\n"}};
  Json vocabulary = Json::object();
  std::string merges = "#version: 0.2\n";

  Files() {
    std::vector<std::string> tokens;
    for (int byte = 0; byte < 256; ++byte) tokens.emplace_back(1, static_cast<char>(byte));
    std::shuffle(tokens.begin(), tokens.end(), std::mt19937(6));
    for (const auto& [left, right] : pairs) {
      tokens.push_back(left + right);
      merges += spell_bytes(left) + " " + spell_bytes(right) + "\n";
    }
    tokens.push_back("<|endoftext|>");
    for (const std::string& token : tokens) vocabulary[spell_bytes(token)] = vocabulary.size();
  }
  BytePairTokenizer read() const { return parse_gpt2(vocabulary.dump(), "V", merges, "M"); }
  std::int32_t id(std::string_view token) const { return vocabulary[spell_bytes(token)]; }
  std::string refusal() const {
    return input_error_of([&] { read(); });
  }
};

template <class Change> std::string refusal_after(Change change) {
  Files files;
  change(files);
  return files.refusal();
}

}  // namespace

TEST_CASE("GPT-2's files: ids are the vocabulary's, merges rank by their line") {
  const Files files;
  const BytePairTokenizer tokenizer = files.read();
  const auto ids = [&](std::initializer_list<std::string_view> tokens) {
    Ids made;
    for (const std::string_view token : tokens) made.push_back(files.id(token));
    return made;
  };
  CHECK(tokenizer.size() == 267);
  CHECK(tokenizer.split() == Split::gpt2);
  CHECK(tokenizer.encode("the the's") == ids({"t", "he", " the", "'s"}));
  CHECK(tokenizer.encode("aaaaa aaa") == ids({"aaaa", "a", " ", "aa", "a"}));
  CHECK(tokenizer.encode("\u00e9 \u00e9") == ids({"\u00e9", " \u00e9"}));
  CHECK(tokenizer.encode("\xc3 \xc3\xa9") == ids({"\xc3", " \u00e9"}));
  CHECK(tokenizer.encode("121\n\n") == ids({"12", "1", "\n\n"}));
  CHECK(tokenizer.encode("<|endoftext|>").size() == 13);  // a text that spells the mark is a text
  CHECK(tokenizer.decode(ids({" the", "<|endoftext|>"})) == " the<|endoftext|>");
  std::mt19937 random(7);
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (std::size_t length = random() % 60; length > 0; --length) text += static_cast<char>(random() % 256);
    CHECK(tokenizer.decode(tokenizer.encode(text)) == text);
  }
  // Without the line of the version, or without the last line end, it is the same.
  Files bare;
  bare.merges = bare.merges.substr(bare.merges.find('\n') + 1);
  bare.merges.pop_back();
  CHECK(bare.read().to_json() == tokenizer.to_json());
}

TEST_CASE("GPT-2's vocabulary with holes, ids twice, tokens twice or other things than ids is told") {
  CHECK(refusal_after([](Files&) {}) == "no error");
  CHECK_THAT(
      refusal_after([](Files& f) { f.vocabulary.erase("he"); }),
      Contains("V: the id of \"<|endoftext|>\" is 266, but 266 tokens have the ids 0 to 265 and leave none out"));
  CHECK_THAT(refusal_after([](Files& f) { f.vocabulary["he"] = 3; }),
             Contains("V: the id 3 belongs to two tokens, ") && Contains("\"he\""));
  for (const Json& wrong : {Json("5"), Json(-1), Json(2.0), Json(nullptr), Json{5}})
    CHECK_THAT(refusal_after([&](Files& f) { f.vocabulary["he"] = wrong; }),
               Contains("V: the id of \"he\" is no such number"));
  CHECK_THAT(refusal_after([](Files& f) { f.vocabulary["\u20ac"] = f.vocabulary.size(); }),
             Contains("V: the token \"\u20ac\" has a character that stands for no byte"));
  CHECK_THAT(refusal_after([](Files& f) { f.vocabulary[""] = f.vocabulary.size(); }),
             Contains("V: the token of id 267 has no bytes"));
  CHECK_THAT(refusal_after([](Files& f) { f.vocabulary["zz"] = f.vocabulary.size(); }),
             Contains("V: no merge makes the token \"zz\" (id 267)"));
  CHECK_THAT(refusal_after([](Files& f) { f.vocabulary["!x"] = f.vocabulary["!"], f.vocabulary.erase("!"); }),
             Contains("V: the byte 0x21 (spelled \"!\") is no token"));
  CHECK_THAT(refusal_after([](Files& f) { f.vocabulary = Json::array({1, 2}); }), Contains("V: it is not one object"));
  CHECK_THAT(refusal_after([](Files& f) { f.vocabulary = Json::object(); }),
             Contains("M: line 2: \"\u0120\" is no token of the vocabulary"));
  const Files files;
  const std::string text = files.vocabulary.dump();
  const auto read = [&](const std::string& vocabulary) {
    return input_error_of([&] { parse_gpt2(vocabulary, "V", files.merges, "M"); });
  };
  CHECK_THAT(read(text.substr(0, 500)), Contains("V: it is not JSON, or cut off, at offset"));
  CHECK_THAT(read("{\"he\": 0, " + text.substr(1)), Contains("V: the name \"he\" stands twice"));
}

TEST_CASE("GPT-2's merges that name unknown tokens, come twice, are cut off or no pairs are told with their line") {
  const auto with_line = [](const std::string& line) {
    return refusal_after([&](Files& f) { f.merges += line + "\n"; });  // the 12th
  };
  CHECK_THAT(with_line("qu een"), Contains("M: line 12: \"qu\" is no token of the vocabulary"));
  CHECK_THAT(with_line("q een"), Contains("M: line 12: \"een\" is no token"));
  CHECK_THAT(with_line("q u"), Contains("M: line 12: \"q\" and \"u\" make \"qu\", which is no token"));
  CHECK_THAT(with_line("h e"), Contains("M: line 12: \"h\" and \"e\" are merged already by M: line 3"));
  for (const char* line : {"", "he", "h e r", "h  e"})
    CHECK_THAT(with_line(line), Contains("M: line 12: ") && Contains("is not two tokens with a space between"));
  for (const char* line : {"h e\r", " he", "he ", "h\te x"})
    CHECK_THAT(with_line(line), Contains("M: line 12: ") && Contains("is no token"));
  CHECK_THAT(refusal_after([](Files& f) { f.merges = f.merges.substr(0, 40); }), Contains("line "));
  CHECK_THAT(refusal_after([](Files& f) { f.merges = "#version: 0.2"; }), Contains("V: no merge makes the token"));
  CHECK_THAT(refusal_after([](Files& f) { f.merges = ""; }), Contains("V: no merge makes the token"));
}

TEST_CASE("GPT-2's files are read from a folder, and told by name when one is missing or broken") {
  const Scratch scratch;
  const Files files;
  const auto refusal = [&] { return input_error_of([&] { load_tokenizer(scratch.folder()); }); };
  CHECK_THAT(refusal(), Contains("no encoder.json in the folder"));
  put(scratch / "encoder.json", files.vocabulary.dump());
  CHECK_THAT(refusal(), Contains("no vocab.bpe in the folder") && Contains("tools/fetch gpt2"));
  put(scratch / "vocab.bpe", files.merges + "a b");
  CHECK_THAT(refusal(), Contains("vocab.bpe\": line 12: \"a\" and \"b\" make"));
  put(scratch / "vocab.bpe", "");
  CHECK_THAT(refusal(), Contains("vocab.bpe\": it has no bytes"));
  put(scratch / "vocab.bpe", files.merges);
  CHECK(load_tokenizer(scratch.folder())->to_json() == files.read().to_json());
}
