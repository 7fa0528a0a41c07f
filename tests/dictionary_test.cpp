#include "tools/text/dictionary.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "tests/idx_bytes.hpp"
#include "tests/scratch.hpp"
#include "tools/data/text_data.hpp"
#include "tools/text/bigram.hpp"
#include "tools/text/characters.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

// Offsets:              0    5          16    22     28
const std::string data = "00db\nTWO, n.  2\nONE, n.  1\n\n\nTHREE\n  three\n\n";
const std::string index_text = "00databaseinfo\tA\tF\none\tQ\tN\nthree\td\tP\ntwo\tF\tL\nzwei\tF\tL\n";
const std::string wanted = "TWO, n.  2\n\nONE, n.  1\n\nTHREE\n  three\n";

struct Dictionary {
  Scratch scratch{};
  std::filesystem::path index = scratch / "d.index";

  Dictionary(const std::string& index_bytes = index_text, const std::string& data_bytes = gzip_bytes(data)) {
    put(index, index_bytes);
    put(scratch / "d.dict.dz", data_bytes);
  }
  std::string refusal() const {
    return input_error_of([&] { read_dictionary(index); });
  }
};

}  // namespace

TEST_CASE("a dictionary is its entries in the order of the file, each once, with a blank line between") {
  const Dictionary packed;
  CHECK(read_dictionary(packed.index) == wanted);
  CHECK(read_corpus(packed.index) == wanted);
  std::filesystem::remove(packed.scratch / "d.dict.dz");
  put(packed.scratch / "d.dict", data);
  CHECK(read_dictionary(packed.index) == wanted);
  CHECK(read_corpus(packed.scratch / "d.dict") == data);  // any other name: a text as it is
  // The headword anew in a fourth column, an index without its last line end, both spellings of what is left out.
  CHECK(read_dictionary(Dictionary("two\tF\tL\tTwo\n00-database-info\tA\tF").index) == "TWO, n.  2\n");
}

TEST_CASE("numbers of an index are in base 64, the highest digit first") {
  std::string long_data(5000, '.');
  long_data.replace(64 * 1 + 63, 3, "abc");
  CHECK(read_dictionary(Dictionary("x\tB/\tD\n", gzip_bytes(long_data)).index) == "abc\n");
  long_data.replace(64 * 64 + 26 * 64 + 52 - 1664, 3, "xyz");  // B, A, 0
  CHECK(read_dictionary(Dictionary("x\tBA0\tD\n", gzip_bytes(long_data)).index) == "xyz\n");
}

TEST_CASE("a dictionary that is damaged or incomplete is told with file and line") {
  const auto refusal = [](const std::string& index) { return Dictionary(index).refusal(); };
  CHECK_THAT(refusal(""), Contains("d.index\": it has no bytes"));
  CHECK_THAT(refusal("one\tQ\tN\ntwo F L\n"), Contains("d.index\": line 2: \"two F L\" is not a headword"));
  CHECK_THAT(refusal("one\tQ\n"), Contains("line 1: ") && Contains("is not a headword"));
  CHECK_THAT(refusal("one\tQ\tN\n\ntwo\tF\tL\n"), Contains("line 2: \"\" is not a headword"));
  CHECK_THAT(refusal("one\t-Q\tN\n"), Contains("line 1: the offset is \"-Q\", not a number in base 64"));
  CHECK_THAT(refusal("one\tQ\t\n"), Contains("line 1: the length is \"\""));
  CHECK_THAT(refusal("one\tQ\tN\r\n"), Contains("the length is \"N\\x0d\""));
  CHECK_THAT(refusal("one\tQ\tAAAAAAAAAAN\n"), Contains("line 1: the length"));
  CHECK_THAT(refusal("one\tQ\tN\ntwo\tF\tM\n"), Contains("line 1: the entry begins inside that of line 2"));
  CHECK_THAT(refusal("one\tQ\tN\nfar\td\tQ\n"),
             Contains("line 2: the entry ends at byte 45") && Contains("d.dict.dz\" has 44 only"));
  CHECK_THAT(refusal("one\tQ\t//////////\n"), Contains("line 1: the entry ends at byte 1152921504606846991"));
  CHECK_THAT(refusal("00databaseinfo\tA\tF\n"), Contains("no entry of it has any text"));
  CHECK_THAT(refusal("empty\tb\tB\n"), Contains("no entry of it has any text"));

  const std::string sound = gzip_bytes(data);
  CHECK_THAT(Dictionary(index_text, data).refusal(), Contains("its name and its content disagree"));
  CHECK_THAT(Dictionary(index_text, sound.substr(0, sound.size() - 9)).refusal(), Contains("truncated"));
  CHECK_THAT(Dictionary(index_text, sound + "x").refusal(), Contains("1 bytes follow the end"));
  std::string damaged = sound;
  damaged[damaged.size() - 6] ^= 1;  // the checksum
  CHECK_THAT(Dictionary(index_text, damaged).refusal(), Contains("not a sound gzip file"));
  const Dictionary alone;
  std::filesystem::remove(alone.scratch / "d.dict.dz");
  CHECK_THAT(alone.refusal(), Contains("neither \"d.dict.dz\" nor \"d.dict\" is beside it"));
  CHECK_THAT(input_error_of([&] { read_dictionary(alone.scratch / "no.index"); }), Contains("no.index"));
}

TEST_CASE("a dictionary with any byte changed or lost is refused, or is text of its data") {
  std::mt19937 random(9);
  const std::string packed = gzip_bytes(data);
  const Dictionary dictionary;
  for (int i = 0; i < 400; ++i) {
    std::string index = index_text, bytes = packed;
    std::string& one = i % 2 ? index : bytes;
    const std::size_t at = random() % one.size();
    if (i % 4 < 2) one[at] = static_cast<char>(random() % 256);
    if (i % 4 >= 2) one.erase(at, 1 + random() % 3);
    put(dictionary.index, index);
    put(dictionary.scratch / "d.dict.dz", bytes);
    try {
      const std::string text = read_dictionary(dictionary.index);  // not in CHECK, which would catch the error
      CHECK(text.size() <= data.size() + 5);
    } catch (const InputError& error) {
      CHECK_THAT(error.what(), Contains("/d."));
    }
  }
}

TEST_CASE("The Devil's Dictionary, and how well counted pairs of its characters foretell its last tenth") {
  const std::string text = read_corpus(devils_dictionary);
  CHECK(text.size() == 380683);
  CHECK(text.starts_with("ABASEMENT, n.  A decent and customary mental attitude in the presence\n"));
  CHECK(
      text.ends_with("learn (_L'Histoire generale des animaux_ and _A History of Animated\nNature_) that the domestic "
                     "cow sheds its horn every two years.\n"));
  CHECK(text.find("Internet Wiretap") == text.npos);
  CHECK(text.find("abcdefghijklmnopqrstuvwxyz") == text.npos);
  const CharacterTokenizer tokenizer(text, "text");
  CHECK(tokenizer.size() == 83);
  const auto ids = tokenizer.encode(text);
  const auto first = std::span(ids).first(ids.size() * 9 / 10), rest = std::span(ids).subspan(first.size());
  CHECK(Bigram(first, tokenizer.size()).mean_loss(rest) == Approx(2.5407).margin(5e-5));
}
