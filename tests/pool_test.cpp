#include "runtime/pool.hpp"

#include <sched.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "vitrine/error.hpp"

using namespace vitrine;

TEST_CASE("pool runs every chunk exactly once, for any number of threads and chunks") {
  for (const int threads : {1, 2, 4}) {
    Pool pool(threads);
    CHECK(pool.threads() == threads);
    for (const std::size_t chunks : {0u, 1u, 2u, 3u, 7u, 1000u}) {
      std::vector<std::atomic<int>> runs(chunks + 1);
      std::atomic<bool> worker_in_range{true};
      pool.run(chunks, [&](std::size_t chunk, std::size_t worker) {
        runs.at(chunk).fetch_add(1);
        if (worker >= static_cast<std::size_t>(threads)) worker_in_range = false;
      });
      for (std::size_t chunk = 0; chunk < chunks; ++chunk) CHECK(runs[chunk] == 1);
      CHECK(runs[chunks] == 0);
      CHECK(worker_in_range);
    }
  }
}

TEST_CASE("pool makes what chunks wrote visible to the caller, run after run") {
  Pool pool(4);
  std::vector<long> sums(8);  // plain memory: a missing synchronisation is a data race that ThreadSanitizer sees
  for (long round = 0; round < 2000; ++round) {
    pool.run(sums.size(), [&](std::size_t chunk, std::size_t) { sums[chunk] += round; });
    if (std::accumulate(sums.begin(), sums.end(), 0L) != 8 * round * (round + 1) / 2) FAIL("round " << round);
  }
  CHECK(sums[0] == 1999 * 1000);
}

TEST_CASE("pool hands the exception of the lowest chunk to the caller after all chunks ended, and stays usable") {
  for (const int threads : {1, 2, 4}) {
    Pool pool(threads);
    std::atomic<int> ended{0};
    std::string what;
    try {
      pool.run(50, [&](std::size_t chunk, std::size_t) {
        ended.fetch_add(1);
        if (chunk == 7 || chunk == 31) throw std::runtime_error("chunk " + std::to_string(chunk));
      });
    } catch (const std::runtime_error& error) {
      what = error.what();
    }
    CHECK(what == "chunk 7");
    CHECK(ended == 50);
    int after = 0;
    pool.run(1, [&](std::size_t, std::size_t) { ++after; });
    CHECK(after == 1);
  }
}

TEST_CASE("pool never runs two chunks on one worker at once") {
  Pool pool(4);
  std::vector<std::atomic<int>> inside(4);
  std::atomic<bool> shared{false};
  pool.run(500, [&](std::size_t, std::size_t worker) {
    if (inside[worker].fetch_add(1) != 0) shared = true;
    inside[worker].fetch_sub(1);
  });
  CHECK_FALSE(shared);
}

TEST_CASE("pool refuses a number of threads that makes no sense") {
  CHECK_THROWS_AS(Pool(0), UsageError);
  CHECK_THROWS_AS(Pool(-3), UsageError);
  CHECK_THROWS_AS(Pool(1025), UsageError);
}

TEST_CASE("a thread that slept may run on any core that the process may, and slept off its caller's") {
  cpu_set_t allowed;
  REQUIRE(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
  Pool pool(2);
  std::atomic<int> wrong = 0;
  std::atomic<bool> worker_came = false;
  for (int round = 0; round < 50 && !(round >= 10 && worker_came); ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // long enough to stop spinning
    pool.run(2, [&](std::size_t, std::size_t worker) {
      cpu_set_t here;
      if (sched_getaffinity(0, sizeof here, &here) != 0 || !CPU_EQUAL(&here, &allowed)) ++wrong;
      worker_came = worker_came || worker == 1;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));  // so that the other thread has time to come
    });
  }
  CHECK(wrong == 0);
  CHECK(worker_came);
}
