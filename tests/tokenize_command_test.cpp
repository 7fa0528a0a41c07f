// vitrine tokenize from a user's eyes.
#include <nlohmann/json.hpp>

#include "tests/run_program.hpp"
#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

struct Learned {
  Scratch scratch{};
  std::string text = path("t.txt"), characters = path("c.json"), bytes = path("b.json");

  Learned() {
    put(text, "the cat, the hat\n");
    for (const auto& [kind, file] : {std::pair("characters", characters), std::pair("bytes", bytes)}) {
      const Finished run = vitrine_run({"tokenize", "--train", text, "--kind", kind, "--save", file});
      INFO(run.err);
      REQUIRE(run.status == 0);
      CHECK(run.out.empty());
      CHECK(is_plain(run.err));
    }
  }
  std::string path(std::string_view name) const { return (scratch / name).string(); }
};

}  // namespace

TEST_CASE("tokenize learns from a text, prints ids and pieces, and brings them back") {
  const Learned learned;
  const Finished run = vitrine_run({"tokenize", "at the", "--with", learned.characters, "--json", learned.path("o")});
  CHECK(run.status == 0);
  CHECK(is_plain(run.out));
  CHECK_THAT(run.out, Contains("3 7 1 7 6 5\n") && Contains("       3  \"a\"\n") && Contains("       1  \" \"\n"));
  const auto json = nlohmann::json::parse(content_of(learned.path("o")));
  CHECK(json["tokenizer"] == "characters");
  CHECK(json["vocabulary"] == 8);
  CHECK(json["ids"] == nlohmann::json({3, 7, 1, 7, 6, 5}));
  CHECK(json["pieces"].size() == 6);
  CHECK(vitrine_run({"tokenize", "--decode", "3 7,1  7 6 5", "--with", learned.characters}).out == "at the");

  const std::string any("the \xff\xc3\xa9\0 \xe2\x82", 10);
  const Finished ids = vitrine_run({"tokenize", "-", "--with", learned.bytes}, any);
  CHECK(ids.status == 0);
  CHECK_THAT(ids.out, Contains("\"the\"") && Contains("\"\\xff\"") && Contains("\"\\x00\"") && Contains("\"\\xe2\""));
  const std::string first_line = ids.out.substr(0, ids.out.find('\n'));
  CHECK(vitrine_run({"tokenize", "--decode", first_line, "--with", learned.bytes}).out == any);
}

TEST_CASE("tokenize: what a vocabulary and a split do, and a tokenizer that is read and written again") {
  const Learned learned;
  const std::string small = learned.path("small.json"), again = learned.path("again.json");
  const Finished run = vitrine_run({"tokenize", "the hat", "--train", learned.text, "--kind", "bytes", "--vocabulary",
                                    "258", "--split", "none", "--save", small, "--json", learned.path("o")});
  CHECK(run.status == 0);
  CHECK_THAT(run.err, Contains("learned 258 tokens (bytes) from 17 bytes"));
  CHECK(nlohmann::json::parse(content_of(learned.path("o")))["vocabulary"] == 258);
  CHECK(vitrine_run({"tokenize", "--with", small, "--save", again}).status == 0);
  CHECK(content_of(again) == content_of(small));
  CHECK(vitrine_run({"tokenize", "--with", small}).out == "258 tokens (bytes)\n");
}

TEST_CASE("tokenize: wrong use is one sentence, and so is a text or file that does not do") {
  const Learned learned;
  const std::string c = learned.characters;
  put(learned.path("empty"), "");
  put(learned.path("latin1"), "caf\xe9");
  const auto wrong = [](std::vector<std::string> words, int code) {
    words.insert(words.begin(), "tokenize");
    return sentence_of(words, code);
  };
  CHECK_THAT(wrong({"text"}, 2), Contains("either --train FILE makes a tokenizer, or --with"));
  CHECK_THAT(wrong({"text", "--with", c, "--train", c}, 2), Contains("give one of the two"));
  CHECK_THAT(wrong({"text", "--with", c, "--decode", "1"}, 2), Contains("give one of the two"));
  CHECK_THAT(wrong({"text", "--with", c, "--kind", "bytes"}, 2), Contains("leave them out with --with"));
  CHECK_THAT(wrong({"--train", learned.text}, 2), Contains("add --kind characters"));
  CHECK_THAT(wrong({"--train", learned.text, "--kind", "byts"}, 2), Contains("did you mean 'bytes'?"));
  CHECK_THAT(wrong({"--train", learned.text, "--kind", "characters", "--vocabulary", "300"}, 2),
             Contains("add --kind bytes"));
  CHECK_THAT(wrong({"--train", learned.text, "--kind", "bytes", "--vocabulary", "255"}, 2), Contains("from 256 to"));
  CHECK_THAT(wrong({"--decode", "1 two", "--with", c}, 2), Contains("whole numbers, not \"two\""));
  CHECK_THAT(wrong({"--decode", "1 9", "--with", c}, 2), Contains("9 is not a character's id; there are 8"));
  CHECK_THAT(wrong({"x\xc3\xa9", "--with", c}, 3), Contains("TEXT: the character U+0078 at offset 0"));
  CHECK_THAT(wrong({"the\xff", "--with", c}, 3), Contains("TEXT: the bytes at offset 3"));
  CHECK_THAT(wrong({"--train", learned.path("latin1"), "--kind", "characters"}, 3),
             Contains("offset 3 (0xe9...) are not UTF-8"));
  CHECK_THAT(wrong({"--train", learned.path("empty"), "--kind", "bytes"}, 3), Contains("it has no bytes"));
  CHECK_THAT(wrong({"--train", learned.path("none.index"), "--kind", "bytes"}, 3), Contains("none.index"));
  CHECK_THAT(wrong({"the", "--with", learned.text}, 3), Contains("t.txt\": it is not JSON"));
  CHECK_THAT(wrong({"the", "--with", learned.scratch.folder().string()}, 3), Contains("no encoder.json in the folder"));
  CHECK_THAT(wrong({"--with", c, "--save", learned.path("no/where.json")}, 3), Contains("make its folder first"));
}
