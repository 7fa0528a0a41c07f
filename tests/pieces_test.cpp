// Llama's kind of tokenizer, with a vocabulary made here.
#include "tools/text/pieces.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;
using Ids = std::vector<std::int32_t>;

namespace {

/// The marks and bytes, then these.
std::vector<Piece> vocabulary(std::vector<Piece> pieces) {
  std::vector<Piece> made{{"<unk>"}, {"<s>"}, {"</s>"}};
  for (unsigned byte = 0; byte < 256; ++byte) made.push_back({spelled_byte(byte)});
  made.insert(made.end(), pieces.begin(), pieces.end());
  return made;
}
constexpr std::int32_t first = 259;
std::int32_t byte(int b) { return 3 + b; }

const std::vector<Piece> letters{{" ", -9},  {"a", -9},  {"b", -9},  {"c", -9},  {"\u00e9", -9},
                                 {" a", -3}, {"ab", -2}, {"bc", -1}, {"aa", -4}, {"abc", -5}};
enum Letter : std::int32_t { space = first, a, b, c, e_acute, _a, ab, bc, aa, abc };

Ids encoded(std::string_view text) { return PieceTokenizer(vocabulary(letters), "T").encode(text); }

std::string refusal_of(std::vector<Piece> pieces) {
  return input_error_of([&] { PieceTokenizer(std::move(pieces), "T"); });
}

}  // namespace

TEST_CASE("a text begins with <s> and with a space that is not its own") {
  CHECK(encoded("") == Ids{1});
  CHECK(encoded("c") == Ids{1, space, c});
  CHECK(encoded(" c") == Ids{1, space, space, c});
  CHECK(encoded("a") == Ids{1, _a});
  const PieceTokenizer tokenizer(vocabulary(letters), "T");
  CHECK(tokenizer.decode(Ids{1, space, c}) == "c");
  CHECK(tokenizer.decode(Ids{1, _a, _a}) == "a a");
  CHECK(tokenizer.decode(Ids{_a}) == " a");
  CHECK(tokenizer.decode(Ids{1, _a, 2, 1, _a}) == "aa");
  CHECK(tokenizer.token(_a) == " a");
  CHECK(tokenizer.token(1).empty());
  CHECK(tokenizer.border() == 1);
  CHECK_THROWS_AS(tokenizer.token(first + 10), UsageError);
  CHECK_THROWS_AS(tokenizer.token(-1), UsageError);
}

TEST_CASE("the pair of the largest score is joined first, whatever was made before, and of equal ones the leftmost") {
  CHECK(encoded("cabc") == Ids{1, space, c, abc});  // bc, then a with bc
  CHECK(encoded("cab") == Ids{1, space, c, ab});
  CHECK(encoded("caaa") == Ids{1, space, c, aa, a});
  CHECK(encoded("caaaa") == Ids{1, space, c, aa, aa});
  CHECK(encoded("ab") == Ids{1, space, ab});  // not " a" and "b", though " a" is further left
}

TEST_CASE("what is no piece becomes bytes, which join nothing and stand for no piece") {
  CHECK(encoded("\u00e9") == Ids{1, space, e_acute});
  CHECK(encoded("\u00e8") == Ids{1, space, byte(0xc3), byte(0xa8)});
  CHECK(encoded("\n") == Ids{1, space, byte('\n')});
  CHECK(encoded("x") == Ids{1, space, byte('x')});
  CHECK(encoded("\xc3") == Ids{1, space, byte(0xc3)});
  CHECK(encoded("\xc3"
                "a\xff") == Ids{1, space, byte(0xc3), a, byte(0xff)});
  // A mark and a byte that are spelled are text.
  CHECK(encoded("<s>") == Ids{1, space, byte('<'), byte('s'), byte('>')});
  CHECK(encoded("<0x61>").size() == 2 + 6);
}

TEST_CASE("any bytes come back from pieces, and pieces from their JSON") {
  const PieceTokenizer tokenizer(vocabulary(letters), "T");
  const auto back = make_tokenizer(tokenizer.to_json(), "json");
  CHECK(back->kind() == "pieces");
  CHECK(back->to_json() == tokenizer.to_json());
  CHECK(std::ranges::all_of(tokenizer.to_json(), [](char c) { return c >= ' ' && c <= '~'; }));
  std::mt19937 random(5);
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (std::size_t length = random() % 40; text.size() < length;)
      text += random() % 4 ? "abc \u00e9"[random() % 6] : static_cast<char>(random() % 256);
    CAPTURE(text);
    const Ids ids = tokenizer.encode(text);
    CHECK(tokenizer.decode(ids) == text);
    CHECK(back->encode(text) == ids);
  }
}

TEST_CASE("a long text is encoded in a time that does not grow with its square") {
  // 200,000 characters by trying every pair again after each merge would be 2 * 10^10 tries.
  const PieceTokenizer tokenizer(vocabulary(letters), "T");
  std::string text = "c";
  for (int i = 0; i < 100'000; ++i) text += "ab";
  const Ids ids = tokenizer.encode(text);
  CHECK(ids.size() == 3 + 100'000);
  CHECK(std::ranges::count(ids, std::int32_t{ab}) == 100'000);
}

TEST_CASE("pieces that contradict each other are refused with the place") {
  CHECK(refusal_of(vocabulary(letters)) == "no error");
  CHECK(refusal_of(vocabulary({})) == "no error");
  CHECK_THAT(refusal_of({{"<unk>"}}), Contains("T: it has 1 pieces"));
  auto wrong = vocabulary(letters);
  wrong[1].text = "<S>";
  CHECK_THAT(refusal_of(wrong), Contains("T: piece 1 is \"<S>\" where <s> belongs"));
  wrong = vocabulary(letters);
  std::swap(wrong[13], wrong[14]);
  CHECK_THAT(refusal_of(wrong), Contains("piece 13 is \"<0x0B>\" where <0x0A> belongs"));
  CHECK_THAT(refusal_of(vocabulary({{"a"}, {"b"}, {"a"}})), Contains("piece 261 is \"a\" again, as piece 259 is"));
  CHECK_THAT(refusal_of(vocabulary({{""}})), Contains("piece 259 has no text"));
  CHECK_THAT(refusal_of(vocabulary({{"\xc3"}})), Contains("piece 259 has no text, or none in UTF-8"));
  CHECK_THAT(refusal_of(vocabulary({{"a", NAN}})), Contains("has the score nan"));
  const auto of_json = [](auto change) {
    nlohmann::json json = nlohmann::json::parse(PieceTokenizer(vocabulary(letters), "T").to_json());
    change(json);
    return input_error_of([&] { make_tokenizer(json.dump(), "T"); });
  };
  using Json = nlohmann::json;
  CHECK(of_json([](Json&) {}) == "no error");
  CHECK_THAT(of_json([](Json& j) { j.erase("scores"); }), Contains("2 names where 3 belong"));
  CHECK_THAT(of_json([](Json& j) { j["scores"].erase(3); }), Contains("it has 269 pieces and 268 scores"));
  CHECK_THAT(of_json([](Json& j) { j["scores"][3] = "1"; }), Contains("the score of piece 3 is no number"));
  CHECK_THAT(of_json([](Json& j) { j["pieces"][300 - 40] = 7; }), Contains("piece 260 is no text"));
  CHECK_THAT(of_json([](Json& j) { j["pieces"] = 7; }), Contains("\"pieces\" is not an array"));
}
