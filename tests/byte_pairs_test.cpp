// Byte pairs held against their definition: the learner and the encoder that recount everything at every step.
#include "tools/text/byte_pairs.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>

#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;
using Ids = std::vector<std::int32_t>;

namespace {

std::string all_bytes() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

std::vector<std::string> byte_tokens() {
  std::vector<std::string> tokens;
  for (const char byte : all_bytes()) tokens.emplace_back(1, byte);
  return tokens;
}

std::string random_text(std::mt19937& random, std::string_view letters, std::size_t length) {
  std::string text;
  while (text.size() < length) text += letters[random() % letters.size()];
  return text;
}

/// All places of the pair, from left to right, become `made`.
Ids merged(const Ids& ids, Merge pair, std::int32_t made) {
  Ids result;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const bool here = i + 1 < ids.size() && ids[i] == pair.left && ids[i + 1] == pair.right;
    result.push_back(here ? made : ids[i]);
    if (here) ++i;
  }
  return result;
}

Ids ids_of_bytes(std::string_view text) {
  Ids ids;
  for (const char byte : text) ids.push_back(static_cast<unsigned char>(byte));
  return ids;
}

/// The definition in train_byte_pairs' comment.
std::vector<Merge> learned_slowly(std::string_view text, std::size_t vocabulary, Split split) {
  std::vector<Ids> pieces;
  for (const std::string_view piece : pieces_of(text, split)) pieces.push_back(ids_of_bytes(piece));
  std::vector<std::string> tokens = byte_tokens();
  std::vector<Merge> merges;
  while (tokens.size() < vocabulary) {
    std::map<std::pair<std::int32_t, std::int32_t>, int> counts;
    for (const Ids& ids : pieces)
      for (std::size_t i = 1; i < ids.size(); ++i) ++counts[{ids[i - 1], ids[i]}];
    Merge best{-1, -1};
    int most = 1;
    for (const auto& [pair, count] : counts) {  // in the order of left, then right
      if (count <= most) continue;
      most = count;
      best = {pair.first, pair.second};
    }
    if (best.left < 0) break;
    for (Ids& ids : pieces) ids = merged(ids, best, static_cast<std::int32_t>(tokens.size()));
    tokens.push_back(tokens[std::size_t(best.left)] + tokens[std::size_t(best.right)]);
    merges.push_back(best);
  }
  return merges;
}

/// The definition in encode's comment, on one piece.
Ids encoded_slowly(std::string_view text, const std::vector<std::string>& tokens, const std::vector<Merge>& merges) {
  Ids ids = ids_of_bytes(text);
  while (true) {
    std::size_t rank = 0;
    const auto stands = [&](Merge m) {
      for (std::size_t i = 1; i < ids.size(); ++i)
        if (ids[i - 1] == m.left && ids[i] == m.right) return true;
      return false;
    };
    while (rank < merges.size() && !stands(merges[rank])) ++rank;
    if (rank == merges.size()) return ids;
    const Merge m = merges[rank];
    const auto made = std::ranges::find(tokens, tokens[std::size_t(m.left)] + tokens[std::size_t(m.right)]);
    ids = merged(ids, m, static_cast<std::int32_t>(made - tokens.begin()));
  }
}

}  // namespace

TEST_CASE("byte pairs bring any bytes back as they were") {
  std::mt19937 random(1);
  const std::string train = random_text(random, "the cat sat on a mat. \xff\xc3\xa9", 3000);
  std::vector<std::string> texts{
      "", "a", all_bytes(), all_bytes() + all_bytes(), "caf\xc3\xa9 \xe2\x82", "\xff\xfe\0x", train};
  for (int i = 0; i < 200; ++i)
    texts.push_back(random_text(random, i % 2 ? all_bytes() : "the \xc3\xa9\xff\n'", random() % 80));
  for (const Split split : {Split::none, Split::gpt2}) {
    const BytePairTokenizer tokenizer = train_byte_pairs(train, 300, split, "train");
    CHECK(tokenizer.size() == 300);
    CHECK(tokenizer.split() == split);
    for (const std::string& text : texts) {
      const Ids ids = tokenizer.encode(text);
      CHECK(tokenizer.decode(ids) == text);
      CHECK(ids.size() <= text.size());
    }
    CHECK(tokenizer.encode(train).size() < train.size() * 7 / 10);
  }
}

TEST_CASE("byte pairs are learned as their definition says, though counted step by step") {
  std::mt19937 random(2);
  for (int i = 0; i < 30; ++i) {
    const std::string_view letters = i % 3 == 0 ? "ab" : i % 3 == 1 ? "aab c" : "one two.\n";
    const std::string text = random_text(random, letters, 20 + random() % 300);
    for (const Split split : {Split::none, Split::gpt2}) {
      CAPTURE(text, name_of(split));
      CHECK(train_byte_pairs(text, 290, split, "text").merges() == learned_slowly(text, 290, split));
    }
  }
  for (const std::string_view text : {"aaaaaaaaaaaaaaaaaaa", "aaaabaaaaa", "abababababa", "aabaabaab"})
    CHECK(train_byte_pairs(text, 290, Split::none, "text").merges() == learned_slowly(text, 290, Split::none));
}

TEST_CASE("byte pairs: the pair that stands most often is merged first, among equals the lower ids") {
  CHECK(train_byte_pairs("xyxyxyab", 257, Split::none, "text").merges() == std::vector<Merge>{{'x', 'y'}});
  CHECK(train_byte_pairs("cd.ab.cd.ab", 257, Split::gpt2, "text").merges() == std::vector<Merge>{{'a', 'b'}});
  CHECK(train_byte_pairs("ac.ab.ac.ab", 258, Split::gpt2, "text").merges() ==
        std::vector<Merge>{{'a', 'b'}, {'a', 'c'}});
  const BytePairTokenizer made = train_byte_pairs("abababab", 300, Split::none, "text");
  CHECK(made.merges() == std::vector<Merge>{{'a', 'b'}, {256, 256}});
  CHECK(made.size() == 258);  // no pair stands twice any more
}

TEST_CASE("byte pairs are encoded as their definition says, whatever the order of the merges") {
  std::mt19937 random(3);
  int several_makers = 0;
  for (int i = 0; i < 60; ++i) {
    std::vector<std::string> tokens = byte_tokens();
    std::vector<std::int32_t> used{'a', 'b', 'c'};
    std::vector<Merge> merges;
    std::set<std::pair<std::int32_t, std::int32_t>> taken;
    while (merges.size() < 25) {
      const std::int32_t left = used[random() % used.size()], right = used[random() % used.size()];
      const std::string joined = tokens[std::size_t(left)] + tokens[std::size_t(right)];
      if (joined.size() > 6 || !taken.insert({left, right}).second) continue;
      merges.push_back({left, right});
      if (std::ranges::find(tokens, joined) != tokens.end()) {
        ++several_makers;
        continue;
      }
      used.push_back(static_cast<std::int32_t>(tokens.size()));
      tokens.push_back(joined);
    }
    if (i % 2) std::shuffle(merges.begin(), merges.end(), random);
    const BytePairTokenizer tokenizer(tokens, merges, Split::none, {"tokens", "merge", 0});
    for (int k = 0; k < 20; ++k) {
      const std::string text = random_text(random, "abc", random() % 60);
      CAPTURE(text);
      CHECK(tokenizer.encode(text) == encoded_slowly(text, tokens, merges));
    }
  }
  CHECK(several_makers > 10);
  // A merge of a lower rank waits until the one that makes its pair is done everywhere.
  std::vector<std::string> tokens = byte_tokens();
  for (const char* token : {"ab", "aba"}) tokens.push_back(token);
  const BytePairTokenizer tokenizer(tokens, {{256, 'a'}, {'a', 'b'}}, Split::none, {"tokens", "merge", 0});
  CHECK(tokenizer.encode("abab") == Ids{256, 256});
  CHECK(tokenizer.encode("aba") == Ids{257});
}

TEST_CASE("a long run of one byte is learned and encoded without comparing everything with everything") {
  const std::string run(1 << 18, 'a');  // as 2^36 steps this would take minutes
  const BytePairTokenizer tokenizer = train_byte_pairs(run, 266, Split::none, "run");
  REQUIRE(tokenizer.size() == 266);
  CHECK(tokenizer.token(265).size() == 1024);
  CHECK(tokenizer.encode(run) == Ids(256, 265));
  CHECK(tokenizer.decode(tokenizer.encode(run + "b")) == run + "b");
}

TEST_CASE("byte pairs: no text, too small a vocabulary and numbers that are no ids are told") {
  CHECK_THAT(input_error_of([] { train_byte_pairs("", 300, Split::gpt2, "mine.txt"); }),
             Contains("mine.txt: it has no bytes"));
  CHECK_THROWS_WITH(train_byte_pairs("abc", 255, Split::gpt2, "text"), Contains("255 has no room for the 256 bytes"));
  CHECK(train_byte_pairs("abab", 256, Split::gpt2, "text").merges().empty());
  const BytePairTokenizer tokenizer = train_byte_pairs("abab", 257, Split::gpt2, "text");
  CHECK(tokenizer.token(256) == "ab");
  for (const std::int32_t id : {-1, 257})
    CHECK_THROWS_WITH(tokenizer.decode(Ids{97, id}), Contains("is no token's id; there are 257"));
}

TEST_CASE("tokens and merges that contradict each other are told with their place") {
  const auto refusal = [](std::vector<std::string> more, std::vector<Merge> merges) {
    std::vector<std::string> tokens = byte_tokens();
    tokens.insert(tokens.end(), more.begin(), more.end());
    return input_error_of([&] { BytePairTokenizer(tokens, merges, Split::none, {"V", "M: line", 2}); });
  };
  CHECK(refusal({}, {}) == "no error");
  CHECK(refusal({"ab", "<|end|>"}, {{'a', 'b'}}) == "no error");
  CHECK_THAT(refusal({"ab", "ab"}, {{'a', 'b'}}), Contains("V: the token \"ab\" has two ids, 256 and 257"));
  CHECK_THAT(refusal({""}, {}), Contains("V: the token of id 256 has no bytes"));
  CHECK_THAT(refusal({"ab"}, {{'a', 257}}), Contains("M: line 2: 257 is no token's id, there are 257"));
  CHECK_THAT(refusal({"ab"}, {{'a', 'b'}, {-1, 'b'}}), Contains("M: line 3: -1 is no token's id"));
  CHECK_THAT(refusal({"ab"}, {{'a', 'b'}, {'a', 'c'}}),
             Contains("M: line 3: \"a\" and \"c\" make \"ac\", which is no token"));
  CHECK_THAT(refusal({"ab"}, {{'a', 'b'}, {'a', 'b'}}),
             Contains("M: line 3: \"a\" and \"b\" are merged already by M: line 2"));
  CHECK_THAT(refusal({"ab", "a b"}, {{'a', 'b'}}), Contains("V: no merge makes the token \"a\u0120b\" (id 257)"));
  std::vector<std::string> tokens = byte_tokens();
  tokens.erase(tokens.begin() + ' ');
  CHECK_THAT(input_error_of([&] {
               BytePairTokenizer(tokens, {}, Split::none, {"V", "M", 0});
             }),
             Contains("V: the byte 0x20 (spelled \"\u0120\") is no token"));
}
