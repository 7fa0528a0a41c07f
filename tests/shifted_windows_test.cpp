#include "tools/data/shifted_windows.hpp"

#include <catch2/catch.hpp>
#include <numeric>
#include <set>

#include "tests/scratch.hpp"
#include "tools/data/batches.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

using Tokens = std::vector<std::int32_t>;

/// The tokens are their own places, so that a window says where it lies.
Tokens counted(std::size_t count) {
  Tokens made(count);
  std::iota(made.begin(), made.end(), 0);
  return made;
}

/// Examples of an epoch, [i][token].
struct Epoch {
  std::vector<Tokens> now, next;
};
Epoch epoch_of(const ShiftedWindows& data, std::uint64_t epoch, const std::vector<std::uint32_t>& examples) {
  Batch batch(data.fields(), examples.size());
  batch.before.epoch = epoch;
  batch.set_examples(examples);
  data.fill(batch);
  Epoch made;
  const std::size_t length = data.fields()[0].numbers;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const auto of = [&](const char* field) {
      const auto numbers = batch.integers(field).subspan(i * length, length);
      return Tokens(numbers.begin(), numbers.end());
    };
    made.now.push_back(of("token"));
    made.next.push_back(of("next"));
  }
  return made;
}
std::vector<std::uint32_t> all_of(const ShiftedWindows& data) {
  std::vector<std::uint32_t> examples(data.count());
  std::iota(examples.begin(), examples.end(), 0u);
  return examples;
}

}  // namespace

TEST_CASE("windows lie side by side, and what comes next is the token one on") {
  const Tokens text = counted(103);
  const ShiftedWindows data(text, 7, 4, 5);
  CHECK(data.count() == 12);  // 14 fit, one is kept for the shift
  for (std::uint64_t epoch = 0; epoch < 20; ++epoch) {
    const Epoch made = epoch_of(data, epoch, all_of(data));
    const std::int32_t first = made.now[0][0];
    CHECK(first >= 0);
    for (std::size_t i = 0; i < data.count(); ++i)
      for (std::size_t t = 0; t < 7; ++t) {
        CHECK(made.now[i][t] == first + static_cast<std::int32_t>(i * 7 + t));
        CHECK(made.next[i][t] == made.now[i][t] + 1);
      }
    CHECK(made.next.back().back() < std::ssize(text));
  }
}

TEST_CASE("where an epoch's windows begin is a function of seed and epoch, and other for others") {
  const Tokens text = counted(500);
  const ShiftedWindows data(text, 9, 4, 5), again(text, 9, 4, 5), other(text, 9, 4, 6);
  std::set<std::int32_t> begins, begins_of_other;
  bool same = true;
  for (std::uint64_t epoch = 0; epoch < 40; ++epoch) {
    const std::int32_t begin = epoch_of(data, epoch, {0}).now[0][0];
    CHECK(epoch_of(again, epoch, {0}).now[0][0] == begin);
    // An example is the same alone and among others, in whatever order.
    CHECK(epoch_of(data, epoch, {7, 3, 0}).now[2][0] == begin);
    same = same && epoch_of(other, epoch, {0}).now[0][0] == begin;
    begins.insert(begin);
    begins_of_other.insert(epoch_of(other, epoch, {0}).now[0][0]);
  }
  CHECK_FALSE(same);
  CHECK(begins.size() > 10);
  CHECK(begins_of_other.size() > 10);
}

TEST_CASE("over many epochs the first and the last token that can be met are met") {
  const Tokens text = counted(41);
  const ShiftedWindows data(text, 4, 3, 1);
  std::set<std::int32_t> met, guessed;
  for (std::uint64_t epoch = 0; epoch < 200; ++epoch) {
    const Epoch made = epoch_of(data, epoch, all_of(data));
    for (const Tokens& window : made.now) met.insert(window.begin(), window.end());
    for (const Tokens& window : made.next) guessed.insert(window.begin(), window.end());
  }
  CHECK(*met.begin() == 0);
  CHECK(*guessed.rbegin() == 40);
  CHECK(met.size() == 40);
}

TEST_CASE("every batch is full, and there is one for the shortest text that is long enough") {
  for (const std::size_t multiple : {1u, 3u, 8u})
    for (const std::size_t length : {1u, 5u}) {
      const std::size_t shortest = (multiple + 1) * length;
      for (std::size_t tokens = shortest; tokens < shortest + 4 * multiple * length; ++tokens) {
        const Tokens text = counted(tokens);
        const ShiftedWindows data(text, length, multiple, 1);
        CHECK(data.count() % multiple == 0);
        CHECK(data.count() >= multiple);
        const Epoch made = epoch_of(data, tokens, all_of(data));
        CHECK(made.next.back().back() < std::ssize(text));
      }
      const Tokens short_text = counted(shortest - 1);
      CHECK_THAT(input_error_of([&] { ShiftedWindows(short_text, length, multiple, 1); }),
                 Contains("a text of " + std::to_string(shortest - 1) + " tokens is too short to learn from") &&
                     Contains(" takes " + std::to_string(shortest)) && Contains("use a longer text"));
    }
  CHECK_THAT(input_error_of([] { ShiftedWindows({}, 5, 2, 1); }), Contains("a text of 0 tokens"));
  const Tokens text = counted(100);
  CHECK_THROWS_AS(ShiftedWindows(text, 0, 2, 1), UsageError);
  CHECK_THROWS_AS(ShiftedWindows(text, 5, 0, 1), UsageError);
}

TEST_CASE("a part of the windows is a whole number of batches, from anywhere in the text") {
  const Tokens text = counted(1000);
  for (const auto& [fraction, count] : {std::pair(1.0, 96u), {0.5, 48u}, {0.3, 28u}, {0.0, 4u}, {2.0, 96u}}) {
    ShiftedWindows data(text, 10, 4, 1);
    data.keep(fraction);
    CAPTURE(fraction);
    CHECK(data.count() == count);
  }
  ShiftedWindows data(text, 10, 4, 1);
  data.keep(0.1);
  std::int32_t lowest = 1000, highest = 0;
  for (std::uint64_t epoch = 0; epoch < 50; ++epoch) {
    const Epoch made = epoch_of(data, epoch, all_of(data));
    lowest = std::min(lowest, made.now[0][0]);
    highest = std::max(highest, made.next.back().back());
  }
  CHECK(lowest < 100);
  CHECK(highest > 900);
}

TEST_CASE("batches of shifted windows meet each window of an epoch once") {
  const Tokens text = counted(103);
  const ShiftedWindows data(text, 7, 4, 5);
  Batches batches(data, {.size = 4, .seed = 9});
  for (int epoch = 0; epoch < 3; ++epoch) {
    std::set<std::int32_t> begins;
    for (std::size_t i = 0; i < data.count() / 4; ++i) {
      const Batch& batch = batches.next();
      REQUIRE(batch.count() == 4);
      for (std::size_t row = 0; row < 4; ++row) begins.insert(batch.integers("token")[row * 7]);
    }
    CHECK(begins.size() == data.count());
    CHECK(*begins.rbegin() - *begins.begin() == 7 * (std::ssize(begins) - 1));
  }
}
