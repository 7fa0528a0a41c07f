// The machine's limits: measured, kept in a file, measured anew where that file cannot be believed.
#include "tools/machine_limits.hpp"

#include <atomic>
#include <chrono>
#include <cmath>
#include <thread>

#include "tests/run_program.hpp"
#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

int measured = 0;

/// Limits that nobody has, another time others.
MachineLimits made_up(Pool& pool, Isa) {
  ++measured;
  const double n = measured + 0.125 * pool.threads(), endless = std::numeric_limits<double>::infinity();
  return {.flops = 100 + n,
          .levels{{{1 << 20, 300 + n, 200 + n}, {1 << 25, 100 + n, 80 + n}, {endless, 20 + n, 1 / 3.0 + n}}}};
}

std::filesystem::path only_file(const std::filesystem::path& folder) {
  REQUIRE(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
  return std::filesystem::directory_iterator(folder)->path();
}

}  // namespace

TEST_CASE("limits of every instruction set are positive, and a smaller cache is no slower than a larger one") {
  Pool pool(1);
  for (const Isa isa : all_isas()) {
    CAPTURE(name_of(isa));
    const MachineLimits limits = measure_limits(pool, isa);
    CHECK(limits.flops > 0);
    CHECK(std::isfinite(limits.flops));
    CHECK(std::isinf(limits.levels.back().bytes));
    for (std::size_t i = 0; i < limits.levels.size(); ++i) {
      CHECK(limits.levels[i].bytes > 0);
      CHECK(std::isfinite(limits.levels[i].read));
      CHECK(std::isfinite(limits.levels[i].copy));
      if (i == 0) continue;
      CHECK(limits.levels[i].bytes >= limits.levels[i - 1].bytes);
      CHECK((limits.levels[i].read > 0 && limits.levels[i].read <= limits.levels[i - 1].read));
      CHECK((limits.levels[i].copy > 0 && limits.levels[i].copy <= limits.levels[i - 1].copy));
    }
  }
}

TEST_CASE("limits that were measured while others wanted the cores are said to be, and not kept") {
  const Scratch scratch;
  Pool pool(1);
  // More threads than there are cores, all busy: each is put aside again and again.
  const auto crowded = [](Pool& p, Isa isa) {
    std::atomic<bool> enough = false;
    std::vector<std::thread> others;
    for (unsigned i = 0; i < 3 * std::thread::hardware_concurrency(); ++i)
      others.emplace_back([&] {
        while (!enough) {
        }
      });
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    enough = true;
    for (std::thread& other : others) other.join();
    return made_up(p, isa);
  };
  const std::filesystem::path folder = scratch / "crowded";
  const KnownLimits known = machine_limits(pool, Isa::portable, folder, false, crowded);
  CHECK(known.measured);
  CHECK(known.disturbed);
  CHECK(known.file.empty());
  CHECK_FALSE(std::filesystem::exists(folder));
}

TEST_CASE("the least time for bytes: what is written is copied, the rest read") {
  const MemoryLevel level{.bytes = 1e6, .read = 10, .copy = 5};
  CHECK(level.nanoseconds(0, 0) == 0);
  CHECK(level.nanoseconds(100, 0) == Approx(10));
  CHECK(level.nanoseconds(0, 100) == Approx(20));
  CHECK(level.nanoseconds(100, 100) == Approx(40));
  CHECK(level.nanoseconds(300, 100) == Approx(40 + 20));
  const MachineLimits limits{.flops = 1,
                             .levels{{{10, 1, 1}, {100, 1, 1}, {std::numeric_limits<double>::infinity(), 1, 1}}}};
  CHECK(limits.level_for(0) == 0);
  CHECK(limits.level_for(10) == 0);
  CHECK(limits.level_for(11) == 1);
  CHECK(limits.level_for(1e30) == 2);
}

TEST_CASE("limits are measured once, and then read from their file to the bit") {
  const Scratch scratch;
  const std::filesystem::path folder = scratch / "cache";
  Pool one(1), two(2);
  const KnownLimits first = machine_limits(one, Isa::portable, folder, false, made_up);
  CHECK(first.measured);
  CHECK(first.file == only_file(folder));
  const KnownLimits again = machine_limits(one, Isa::portable, folder, false, made_up);
  CHECK_FALSE(again.measured);
  CHECK(again.limits == first.limits);
  // Another instruction set or another number of threads is another file.
  CHECK(machine_limits(one, Isa::avx2, folder, false, made_up).measured);
  CHECK(machine_limits(two, Isa::portable, folder, false, made_up).measured);
  CHECK_FALSE(machine_limits(two, Isa::portable, folder, false, made_up).measured);
  CHECK(machine_limits(one, Isa::portable, folder, false, made_up).limits == first.limits);
  const KnownLimits asked = machine_limits(one, Isa::portable, folder, true, made_up);
  CHECK(asked.measured);
  CHECK_FALSE(asked.limits == first.limits);
  CHECK(machine_limits(one, Isa::portable, folder, false, made_up).limits == asked.limits);
}

TEST_CASE("a file of limits that is damaged, or of another machine, is measured anew and mended") {
  const Scratch scratch;
  Pool pool(1);
  machine_limits(pool, Isa::portable, scratch.folder(), false, made_up);
  const std::filesystem::path file = only_file(scratch.folder());
  const std::string sound = content_of(file);
  const auto with = [&](const std::string& old, const std::string& fresh) {
    std::string text = sound;
    REQUIRE(text.find(old) != text.npos);
    return text.replace(text.find(old), old.size(), fresh);
  };
  std::vector<std::string> broken{"",
                                  "{}",
                                  "[]",
                                  "null",
                                  "\x89PNG",
                                  sound + "x",
                                  with("\"processor\": \"", "\"processor\": \"other "),
                                  with("\"format\": 1", "\"format\": 0"),
                                  with("portable", "avx2"),
                                  with("\"threads\": 1", "\"threads\": 3"),
                                  with("\"flops\": ", "\"flops\": -"),
                                  with("\"flops\": ", "\"flop\": "),
                                  with("\"copy\": ", "\"copy\": 0.0, \"other\": "),
                                  with("\"read\": ", "\"read\": \"fast\", \"other\": "),
                                  with("null", "1.0"),
                                  with("\"bytes\": 1", "\"bytes\": -1"),
                                  with("\"levels\": [", "\"levels\": [{},")};
  for (std::size_t length = 0; length < sound.size() - 2; length += 7) broken.push_back(sound.substr(0, length));
  for (const std::string& text : broken) {
    CAPTURE(text);
    put(file, text);
    const KnownLimits mended = machine_limits(pool, Isa::portable, scratch.folder(), false, made_up);
    CHECK(mended.measured);
    const KnownLimits kept = machine_limits(pool, Isa::portable, scratch.folder(), false, made_up);
    CHECK_FALSE(kept.measured);
    CHECK(kept.limits == mended.limits);
  }
}

TEST_CASE("limits without a folder to keep them in are measured each time") {
  const Scratch scratch;
  put(scratch / "file", "mine");
  Pool pool(1);
  for (const std::filesystem::path& folder : {std::filesystem::path(), scratch / "file" / "below"}) {
    for (int i = 0; i < 2; ++i) {
      const KnownLimits known = machine_limits(pool, Isa::portable, folder, false, made_up);
      CHECK(known.measured);
      CHECK(known.file.empty());
    }
  }
  CHECK(content_of(scratch / "file") == "mine");
}

TEST_CASE("figures are kept where the user's cache is") {
  const Variable home("HOME", "/home/somebody");
  {
    const Variable cache("XDG_CACHE_HOME", "/var/cache/mine");
    CHECK(cache_folder() == "/var/cache/mine/vitrine");
  }
  const Variable relative("XDG_CACHE_HOME", "cache");  // which the specification says to ignore
  CHECK(cache_folder() == "/home/somebody/.cache/vitrine");
  const Variable nowhere("HOME", "");
  CHECK(cache_folder().empty());
}
