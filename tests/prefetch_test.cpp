#include "tools/data/prefetch.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "tests/counting_examples.hpp"
#include "vitrine/error.hpp"

using namespace vitrine;
using namespace std::chrono_literals;

namespace {

std::vector<Batch> buffers(int count) {
  std::vector<Batch> made;
  for (int i = 0; i < count; ++i) made.emplace_back(std::vector<Field>{{"number", DType::i32, 3}}, 1);
  return made;
}

/// Writes 0, 1, 2, ... into batch after batch; throws at number `broken`.
struct Counter {
  std::atomic<int>& made;
  int broken = -1;

  void operator()(Batch& batch) const {
    if (made == broken) throw std::runtime_error("batch " + std::to_string(broken));
    const std::vector<std::uint32_t> one{0};
    batch.set_examples(one);
    for (auto& number : batch.integers("number")) number = made;
    ++made;
  }
};

void wait_for(const std::atomic<int>& made, int count) {
  while (made < count) std::this_thread::sleep_for(1ms);
}

}  // namespace

TEST_CASE("batches made ahead come in order, whoever is the slower") {
  for (const int number_of_buffers : {2, 3, 5}) {
    std::atomic<int> made = 0;
    Prefetch prefetch(buffers(number_of_buffers), Counter{made});
    for (int i = 0; i < 300; ++i) {
      const Batch& batch = prefetch.next();
      if (i % 50 == 0) wait_for(made, i + number_of_buffers);  // the thread is ahead as far as it may
      for (const std::int32_t number : batch.integers("number")) REQUIRE(number == i);
    }
  }
}

TEST_CASE("no more batches are made ahead than there are buffers, and none into the one in use") {
  std::atomic<int> made = 0;
  Prefetch prefetch(buffers(2), Counter{made});
  wait_for(made, 2);
  std::this_thread::sleep_for(20ms);
  CHECK(made == 2);
  const Batch& first = prefetch.next();
  std::this_thread::sleep_for(20ms);
  CHECK(made == 2);  // one is in use, one waits
  CHECK(first.integers("number")[0] == 0);
  prefetch.next();
  wait_for(made, 3);
}

TEST_CASE("what is thrown on the thread is thrown on at its own batch, and again") {
  std::atomic<int> made = 0;
  Prefetch prefetch(buffers(2), Counter{made, 3});
  for (int i = 0; i < 3; ++i) CHECK(prefetch.next().integers("number")[0] == i);
  CHECK_THROWS_WITH(prefetch.next(), "batch 3");
  CHECK_THROWS_WITH(prefetch.next(), "batch 3");
}

TEST_CASE("prefetching stops at once: unused, in the middle, and after an error") {
  for (int taken = 0; taken < 4; ++taken) {
    std::atomic<int> made = 0;
    Prefetch prefetch(buffers(2), Counter{made, 3});
    for (int i = 0; i < taken; ++i) prefetch.next();
  }
  std::atomic<int> made = 0;
  { Prefetch failed(buffers(2), Counter{made, 0}); }
  CHECK_THROWS_AS(Prefetch(buffers(1), Counter{made}), InternalError);
}

TEST_CASE("a data set that throws does so from Batches::next, at the batch it is about") {
  struct Broken : CountingExamples {
    using CountingExamples::CountingExamples;
    void fill(Batch& batch) const override {
      if (batch.before.position == 4) throw InputError("example 4 is broken");
      CountingExamples::fill(batch);
    }
  };
  const Broken data(6);
  for (const bool prefetch : {false, true}) {
    Batches batches(data, {.size = 2, .shuffle = false, .prefetch = prefetch});
    batches.next();
    batches.next();
    CHECK_THROWS_WITH(batches.next(), "example 4 is broken");
    CHECK(batches.cursor() == Cursor{0, 4});
  }
}
