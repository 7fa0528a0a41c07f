#include "tools/data/text_data.hpp"

#include <catch2/catch.hpp>

#include "tests/scratch.hpp"
#include "tools/data/batches.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {
std::string refusal_of(std::string_view bytes) {
  return input_error_of([&] { code_points(bytes, "text"); });
}
}  // namespace

TEST_CASE("characters get their ids in the order of their code points, and come back as they were") {
  const std::string text = "na\u00efve caf\u00e9, \u20ac 5 \U0001F600\n";
  const Alphabet alphabet(text, "text");
  CHECK(alphabet.characters() == U"\n ,5acefnv\u00e9\u00ef\u20ac\U0001F600");
  const auto ids = alphabet.encode(text, "text");
  CHECK(ids.size() == 18);
  CHECK(ids[0] == 8);
  CHECK(ids.back() == 0);
  CHECK(alphabet.decode(ids) == text);
}

TEST_CASE("every character of Unicode is decoded and encoded, and nothing else") {
  std::string all;
  std::u32string wanted;
  for (char32_t code = 0; code <= 0x10ffff; code += code < 0x3000 ? 1 : 97) {
    if (code >= 0xd800 && code < 0xe000) continue;
    wanted += code;
  }
  for (const char32_t code : {U'\U0000d7ff', U'\U0000e000', U'\U0000ffff', U'\U00010000', U'\U0010ffff'})
    wanted += code;
  for (const char32_t code : wanted) {  // by arithmetic on the value, not by the bits that the decoder takes apart
    const unsigned c = code;
    if (c < 0x80)
      all += static_cast<char>(c);
    else if (c < 0x800)
      (all += static_cast<char>(192 + c / 64)) += static_cast<char>(128 + c % 64);
    else if (c < 0x10000)
      ((all += static_cast<char>(224 + c / 4096)) += static_cast<char>(128 + c / 64 % 64)) +=
          static_cast<char>(128 + c % 64);
    else
      (((all += static_cast<char>(240 + c / 262144)) += static_cast<char>(128 + c / 4096 % 64)) +=
       static_cast<char>(128 + c / 64 % 64)) += static_cast<char>(128 + c % 64);
  }
  CHECK(code_points(all, "text") == wanted);
  const Alphabet alphabet(all, "text");
  CHECK(alphabet.decode(alphabet.encode(all, "text")) == all);
}

TEST_CASE("bytes that are not UTF-8 are refused with their offset") {
  struct Case {
    std::string what, bytes;
  };
  const std::vector<Case> cases{
      {"a continuation byte alone", "\x80"},
      {"a start without the rest", "\xc3"},
      {"a start without the rest, in the middle", "\xe2\x82x"},
      {"four bytes cut after three", "\xf0\x9f\x98"},
      {"Latin-1", "\xe9t"},
      {"two bytes for what fits one", "\xc0\x80"},
      {"two bytes for what fits one, the last such", "\xc1\xbf"},
      {"three bytes for what fits two", "\xe0\x9f\xbf"},
      {"four bytes for what fits three", "\xf0\x8f\xbf\xbf"},
      {"a surrogate", "\xed\xa0\x80"},
      {"the last surrogate", "\xed\xbf\xbf"},
      {"behind the last character", "\xf4\x90\x80\x80"},
      {"five bytes", "\xf8\x88\x80\x80\x80"},
      {"0xff", "\xff"},
  };
  for (const Case& each : cases) {
    INFO(each.what);
    CHECK_THAT(refusal_of("ok \u00e9" + each.bytes), Contains("offset 5") && Contains("not UTF-8"));
    CHECK_THAT(refusal_of("ok \u00e9" + each.bytes + " and more"), Contains("offset 5"));
  }
  CHECK(refusal_of("") == "no error");
}

TEST_CASE("a character that an alphabet does not have, and an id that is no character, are told") {
  const Alphabet alphabet("abc", "text");
  CHECK_THAT(input_error_of([&] { alphabet.encode("ab\u00e9", "prompt"); }),
             Contains("prompt: the character U+00E9 at offset 2 is none of the 3"));
  CHECK_THAT(input_error_of([&] { Alphabet("ac", "text").encode("cab", "prompt"); }),
             Contains("prompt: the character U+0062 at offset 2"));
  CHECK_THAT(input_error_of([&] { alphabet.encode("a\xff", "prompt"); }), Contains("prompt: the bytes at offset 1"));
  for (const std::int32_t id : {-1, 3}) CHECK_THROWS_AS(alphabet.decode(std::vector{id}), UsageError);
}

TEST_CASE("a text file is its bytes, and a file without bytes is refused") {
  const Scratch scratch;
  put(scratch / "text", std::string("a\r\n\0b\xff", 6));
  CHECK(read_text_bytes(scratch / "text") == std::string("a\r\n\0b\xff", 6));
  put(scratch / "empty", "");
  CHECK_THAT(input_error_of([&] { read_text_bytes(scratch / "empty"); }), Contains("empty\": it has no bytes"));
  CHECK(input_error_of([&] { read_text_bytes(scratch / "none"); }) != "no error");
}

TEST_CASE("a window of tokens comes with the tokens one place on, and the last token is used") {
  const std::vector<std::int32_t> tokens{5, 6, 7, 8, 9};
  const WindowExamples data(tokens, 3);
  CHECK(data.count() == 2);
  Batches batches(data, {.size = 2, .shuffle = false});
  const Batch& batch = batches.next();
  CHECK(std::ranges::equal(batch.integers("token"), std::vector<std::int32_t>{5, 6, 7, 6, 7, 8}));
  CHECK(std::ranges::equal(batch.integers("next"), std::vector<std::int32_t>{6, 7, 8, 7, 8, 9}));
  CHECK(WindowExamples(tokens, 4).count() == 1);
  CHECK(WindowExamples(tokens, 2, 2).count() == 2);
  CHECK(WindowExamples(tokens, 1, 2).count() == 2);
  CHECK(WindowExamples(tokens, 1, 3).count() == 2);
  CHECK_THAT(input_error_of([&] { WindowExamples(tokens, 5); }), Contains("5 tokens are too few for a window of 5"));
  CHECK_THROWS_AS(WindowExamples(tokens, 0), UsageError);
  CHECK_THROWS_AS(WindowExamples(tokens, 1, 0), UsageError);
}
