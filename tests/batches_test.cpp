#include "tools/data/batches.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "tests/counting_examples.hpp"
#include "tests/scratch.hpp"
#include "tools/data/shuffle.hpp"

using namespace vitrine;
using Catch::Contains;
using Numbers = std::vector<std::vector<std::int32_t>>;

namespace {

Numbers first_batches(std::size_t examples, BatchOptions options, int count, Cursor from = {}) {
  const CountingExamples data(examples);
  Batches batches(data, options, from);
  return numbers_of(batches, count);
}

std::vector<std::int32_t> joined(const Numbers& lists) {
  std::vector<std::int32_t> all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

}  // namespace

TEST_CASE("an epoch gives every example once, and its last batch has what is left") {
  for (const bool prefetch : {false, true}) {
    const Numbers batches = first_batches(10, {.size = 4, .seed = 3, .prefetch = prefetch}, 3);
    CHECK(batches[0].size() == 4);
    CHECK(batches[1].size() == 4);
    CHECK(batches[2].size() == 2);
    auto all = joined(batches);
    std::ranges::sort(all);
    std::vector<std::int32_t> each(10);
    std::iota(each.begin(), each.end(), 0);
    CHECK(all == each);
  }
}

TEST_CASE("without shuffling, examples come in the order of their numbers, epoch after epoch") {
  CHECK(first_batches(3, {.size = 2, .shuffle = false}, 4) == Numbers{{0, 1}, {2}, {0, 1}, {2}});
}

TEST_CASE("a batch larger than the data set holds the whole of it") {
  CHECK(first_batches(3, {.size = 100, .shuffle = false}, 2) == Numbers{{0, 1, 2}, {0, 1, 2}});
  CHECK(first_batches(1, {.size = 1}, 3) == Numbers{{0}, {0}, {0}});
}

TEST_CASE("the order is a function of the seed and the epoch") {
  const auto order = shuffled(1000, 7, 2);
  CHECK(order == shuffled(1000, 7, 2));
  CHECK(order != shuffled(1000, 8, 2));
  CHECK(order != shuffled(1000, 7, 3));
  const Numbers two = first_batches(1000, {.size = 1000, .seed = 7}, 3);
  CHECK(std::ranges::equal(two[2], order));
  CHECK(two[0] != two[1]);
}

TEST_CASE("a shuffle puts every example into every place about equally often") {
  const std::size_t count = 6, epochs = 6000;
  std::vector<int> times(count * count);
  for (std::uint64_t epoch = 0; epoch < epochs; ++epoch) {
    const auto order = shuffled(count, 1, epoch);
    for (std::size_t place = 0; place < count; ++place) ++times[place * count + order[place]];
  }
  for (const int found : times) CHECK(std::abs(found - 1000) < 150);  // five deviations of 29
}

TEST_CASE("going on from the cursor of any batch gives the batches that would have come, with or without prefetch") {
  const CountingExamples data(23);
  for (const bool prefetch : {false, true}) {
    const BatchOptions options{.size = 5, .seed = 11, .prefetch = prefetch};
    const Numbers unbroken = first_batches(23, options, 12);
    for (int stop = 0; stop <= 11; ++stop) {
      Cursor saved;
      {
        Batches until(data, options);
        numbers_of(until, stop);
        saved = until.cursor();
      }
      CAPTURE(prefetch, stop, saved.epoch, saved.position);
      Batches again(data, {.size = 5, .seed = 11, .prefetch = !prefetch}, saved);
      CHECK(numbers_of(again, 12 - stop) == Numbers(unbroken.begin() + stop, unbroken.end()));
    }
  }
}

TEST_CASE("the cursor is behind the batch that was given, not behind those made ahead") {
  const CountingExamples data(10);
  for (const bool prefetch : {false, true}) {
    Batches batches(data, {.size = 4, .prefetch = prefetch});
    CHECK(batches.cursor() == Cursor{0, 0});
    CHECK(batches.batches_per_epoch() == 3);
    const std::vector<Cursor> places{{0, 4}, {0, 8}, {1, 0}, {1, 4}};
    for (const Cursor& place : places) {
      const Batch& batch = batches.next();
      CHECK(batch.after == place);
      CHECK(batches.cursor() == place);
      // The data set was asked for the examples of this very place.
      CHECK(batch.floats("place")[0] == static_cast<float>(batch.before.epoch));
      CHECK(batch.floats("place")[1] == static_cast<float>(batch.before.position));
    }
  }
}

TEST_CASE("a cursor, a size or a data set that cannot be gone through is refused") {
  const CountingExamples ten(10), none(0);
  CHECK_THAT(input_error_of([&] {
               Batches(ten, {}, {3, 10});
             }),
             Contains("example 10 of epoch 3, but the data set has 10 examples"));
  CHECK_THAT(input_error_of([&] { Batches(none, {}); }), Contains("no examples"));
  CHECK_THAT(input_error_of([&] { Batches(CountingExamples(std::size_t{1} << 32), {}); }), Contains("fewer than 2^32"));
  CHECK_THROWS_AS(Batches(ten, {.size = 0}), UsageError);
}

TEST_CASE("a batch names the fields that it has") {
  const CountingExamples data(4);
  Batches batches(data, {.size = 2, .shuffle = false});
  const Batch& batch = batches.next();
  CHECK(batch.data("number") == batch.integers("number").data());
  CHECK(batch.data("place") == batch.floats("place").data());
  CHECK(batch.floats("place").size() == 4);
  CHECK_THROWS_WITH(batch.floats("image"), Contains("no field \"image\"") && Contains("\"number\", \"place\""));
  CHECK_THROWS_WITH(batch.floats("number"), Contains("is i32, not f32"));
}
