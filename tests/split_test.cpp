#include "tools/text/split.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "tools/text/byte_spelling.hpp"

using namespace vitrine;
using Pieces = std::vector<std::string_view>;

TEST_CASE("GPT-2's pattern cuts words with the space before them, numbers, signs, white space and contractions") {
  const auto cut = [](std::string_view text) { return pieces_of(text, Split::gpt2); };
  CHECK(cut("").empty());
  CHECK(cut("Hello world") == Pieces{"Hello", " world"});
  CHECK(cut("I'm, you're we've he'll I'd it's don't") ==
        Pieces{"I", "'m", ",", " you", "'re", " we", "'ve", " he", "'ll", " I", "'d", " it", "'s", " don", "'t"});
  CHECK(cut("I'M it'sa 'x") == Pieces{"I", "'", "M", " it", "'s", "a", " '", "x"});
  CHECK(cut("a1b22 33.5") == Pieces{"a", "1", "b", "22", " 33", ".", "5"});
  CHECK(cut("f(x) != [y]") == Pieces{"f", "(", "x", ")", " !=", " [", "y", "]"});
  // The last space of a run belongs to the word; at the end, all of the run is one piece.
  CHECK(cut("a   b  ") == Pieces{"a", "  ", " b", "  "});
  CHECK(cut("a\n\n  b\t\tc\n") == Pieces{"a", "\n\n ", " b", "\t", "\t", "c", "\n"});
  CHECK(cut("na\u00efve \u732b\u3067\u3059 \u2163\u00b2 \u0663") ==
        Pieces{"na\u00efve", " \u732b\u3067\u3059", " \u2163\u00b2", " \u0663"});
  CHECK(cut("e\u0301x") == Pieces{"e", "\u0301", "x"});  // a combining mark is no letter
  CHECK(cut("a\U0001F600\U0001F601b") == Pieces{"a", "\U0001F600\U0001F601", "b"});
  // Unicode's white space, and what is none: the Mongolian vowel separator, the zero-width space.
  CHECK(cut("a\u00a0\u2003\u3000\u0085b") == Pieces{"a", "\u00a0\u2003\u3000", "\u0085", "b"});
  CHECK(cut("a\u180e\u200bb") == Pieces{"a", "\u180e\u200b", "b"});
}

TEST_CASE("bytes that are not UTF-8 are a piece of their own") {
  CHECK(pieces_of("a \xff\xfe b", Split::gpt2) == Pieces{"a", " ", "\xff\xfe", " b"});
  CHECK(pieces_of("\xe2\x82", Split::gpt2) == Pieces{"\xe2\x82"});
  CHECK(pieces_of("x\xc3", Split::gpt2) == Pieces{"x", "\xc3"});
  CHECK(pieces_of("\xed\xa0\x80y", Split::gpt2) == Pieces{"\xed\xa0\x80", "y"});
  CHECK(pieces_of("\x80  \xc3\xa9", Split::gpt2) == Pieces{"\x80", " ", " \xc3\xa9"});
}

TEST_CASE("pieces joined are the text, whatever its bytes") {
  std::mt19937 random(4);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (std::size_t length = random() % 50; length > 0; --length)
      text += static_cast<char>(random() % (i % 2 ? 256 : 64) + (i % 4 == 0 ? 0x80 : 0));
    for (const Split split : {Split::none, Split::gpt2}) {
      std::string joined;
      for (const std::string_view piece : pieces_of(text, split)) {
        CHECK_FALSE(piece.empty());
        joined += piece;
      }
      CHECK(joined == text);
    }
  }
  CHECK(pieces_of("any text", Split::none) == Pieces{"any text"});
  CHECK(pieces_of("", Split::none).empty());
}

TEST_CASE("each byte has a spelling of its own that shows on a page, and comes back") {
  std::string bytes, spellings;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  CHECK(spelled_bytes(spell_bytes(bytes)) == bytes);
  CHECK(spell_bytes("Az09!~") == "Az09!~");
  // The ends of the three ranges, as GPT-2's code lists them.
  CHECK(spell_bytes(std::string("\0\x20\x7f\xa0\xad\xa1\xac\xae\xff", 9)) ==
        "\u0100\u0120\u0121\u0142\u0143\u00a1\u00ac\u00ae\u00ff");
  for (const char* none : {" ", "\n", "\u0144", "\u00ad", "\u20ac", "\xff", "a\xc3"}) CHECK_FALSE(spelled_bytes(none));
}
