#include "runtime/limits.hpp"

#include <unistd.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>
#include <limits>

#include "runtime/aligned_bytes.hpp"
#include "runtime/limits_table.hpp"

namespace vitrine {

LimitsTable limits_table(Isa isa) {
  return isa == Isa::avx512 ? limits_table_avx512() : isa == Isa::avx2 ? limits_table_avx2() : limits_table_portable();
}

namespace {

using Clock = std::chrono::steady_clock;

double nanoseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

constexpr std::size_t KiB = 1024, MiB = 1024 * KiB;

/// The size of the cache of this level that a core reads through, as Linux tells it; 0 where it does not. (The
/// processor's own word, sysconf's, is about the whole machine where this is a part of one.)
std::size_t cache_bytes(int wanted) {
  for (int index = 0; index < 8; ++index) {
    const std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
    int level = 0;
    std::string size, type;
    std::ifstream(folder + "level") >> level;
    std::ifstream(folder + "type") >> type;
    std::ifstream(folder + "size") >> size;  // "1024K"
    if (level != wanted || type == "Instruction") continue;
    std::size_t number = 0;
    const auto [stop, error] = std::from_chars(size.data(), size.data() + size.size(), number);
    if (error != std::errc()) return 0;
    return number * (stop == size.data() + size.size() ? 1 : *stop == 'M' ? MiB : KiB);
  }
  return 0;
}

std::size_t memory_bytes() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(page) : 1024 * MiB;
}

/// Sizes of buffers, in floats, for whole blocks.
std::size_t floats_in(std::size_t bytes) {
  constexpr std::size_t block = LimitsTable::block * sizeof(float);
  return std::max<std::size_t>(1, bytes / block) * LimitsTable::block;
}

class Meter {
 public:
  explicit Meter(Pool& pool) : pool_(pool), threads_(static_cast<std::size_t>(pool.threads())) {}

  /// Nanoseconds that work(thread) takes on all threads at once, at best.
  template <class Work> double best(const Work& work) const {
    std::size_t times = 1;
    double least = time(work, times);
    constexpr double enough = 1.5e6;  // to forget how long a thread takes to wake
    while (least * static_cast<double>(times) < enough && times < 1u << 30) least = time(work, times *= 2);
    constexpr double patience = 50e6;
    const auto start = Clock::now();
    while (nanoseconds_since(start) < patience) least = std::min(least, time(work, times));
    return least;
  }

 private:
  template <class Work> double time(const Work& work, std::size_t times) const {
    const auto start = Clock::now();
    pool_.run(threads_, [&](std::size_t thread, std::size_t) {
      for (std::size_t i = 0; i < times; ++i) work(thread);
    });
    return nanoseconds_since(start) / static_cast<double>(times);
  }

  Pool& pool_;
  std::size_t threads_;
};

}  // namespace

double MemoryLevel::nanoseconds(double bytes_read, double bytes_written) const {
  const double beside = std::min(bytes_read, bytes_written);
  return (beside + bytes_written) / copy + (bytes_read - beside) / read;
}

std::size_t MachineLimits::level_for(double bytes) const {
  std::size_t level = 0;
  while (level + 1 < levels.size() && levels[level].bytes < bytes) ++level;
  return level;
}

MachineLimits measure_limits(Pool& pool, Isa isa) {
  const LimitsTable loops = limits_table(isa);
  const Meter meter(pool);
  const auto threads = static_cast<std::size_t>(pool.threads());
  const auto rate = [&](std::size_t work, double nanoseconds) {
    return static_cast<double>(work) * static_cast<double>(threads) / nanoseconds;
  };
  std::atomic<float> sink = 0;  // or the compiler would see that nobody wants the results
  MachineLimits made;
  constexpr std::size_t rounds = 4096;
  made.flops =
      rate(rounds * loops.flops_a_round,
           meter.best([&](std::size_t) { sink.store(loops.multiply_add(rounds, 0.5f), std::memory_order_relaxed); }));

  const std::size_t found = cache_bytes(2), second = found ? found : 512 * KiB,
                    last = std::max(cache_bytes(3), second * threads), memory = memory_bytes();
  made.levels[0].bytes = static_cast<double>(second * threads);
  made.levels[1].bytes = static_cast<double>(last);
  made.levels[2].bytes = std::numeric_limits<double>::infinity();
  // Half of a cache, so that what is measured stays in it beside all else; far more than the last cache for memory.
  const std::array<std::size_t, 3> for_all{second * threads / 2, std::max(last / 2, second * threads / 2),
                                           std::min(std::clamp(4 * last, 64 * MiB, 512 * MiB), memory / 8)};
  const std::size_t most = floats_in(for_all[2] / threads);
  const AlignedBytes from(most * threads * sizeof(float)), to(most * threads * sizeof(float));
  pool.run(threads, [&](std::size_t thread, std::size_t) {
    const std::size_t bytes = most * sizeof(float);
    std::memset(from.data() + thread * bytes, 0, bytes);
    std::memset(to.data() + thread * bytes, 0, bytes);
  });
  const auto at = [&](const AlignedBytes& bytes, std::size_t thread) {
    return reinterpret_cast<float*>(bytes.data()) + thread * most;
  };
  for (std::size_t level = 0; level < made.levels.size(); ++level) {
    const std::size_t count = std::min(floats_in(for_all[level] / threads), most), half = floats_in(count * 2);
    made.levels[level].read = rate(count * sizeof(float), meter.best([&](std::size_t thread) {
      sink.store(loops.read(at(from, thread), count), std::memory_order_relaxed);
    }));
    const auto copy = [&](auto loop) {
      return rate(2 * half * sizeof(float),
                  meter.best([&](std::size_t thread) { loop(at(from, thread), at(to, thread), half); }));
    };
    made.levels[level].copy = std::max(copy(loops.copy), copy(loops.stream));
  }
  // A smaller cache is never slower; where it looks so, somebody was in the way.
  for (std::size_t i = made.levels.size() - 1; i-- > 0;) {
    made.levels[i].read = std::max(made.levels[i].read, made.levels[i + 1].read);
    made.levels[i].copy = std::max(made.levels[i].copy, made.levels[i + 1].copy);
  }
  return made;
}

}  // namespace vitrine
