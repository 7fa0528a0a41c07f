#include "runtime/pool.hpp"

#include <sched.h>

#include <string>
#include <utility>

#include "vitrine/error.hpp"

namespace vitrine {
namespace {

// A sleeping thread takes about 40 us to wake, so waiting starts with a spin; it is bounded, so that an idle pool
// gives its cores back.
constexpr int spins = 2000;
constexpr std::uint64_t unclaimed_mask = 0xffffffffu;

bool any_unclaimed(std::uint64_t ticket) { return (ticket & unclaimed_mask) != 0; }

template <class Condition> bool spin_until(Condition condition) {
  for (int i = 0; i < spins; ++i) {
    if (condition()) return true;
    __builtin_ia32_pause();
  }
  return condition();
}

/// While this lives, the thread is kept off a core. A system likes to wake a thread on the core of who wakes it; where
/// that one goes on working, as a pool's caller does, the thread waits there for milliseconds beside an idle core.
class AwayFrom {
 public:
  explicit AwayFrom(int core) {
    CPU_ZERO(&allowed_);
    if (core < 0 || sched_getaffinity(0, sizeof allowed_, &allowed_) != 0) return;
    cpu_set_t others = allowed_;
    CPU_CLR(static_cast<unsigned>(core), &others);
    changed_ = CPU_COUNT(&others) > 0 && sched_setaffinity(0, sizeof others, &others) == 0;
  }
  ~AwayFrom() {
    if (changed_) sched_setaffinity(0, sizeof allowed_, &allowed_);
  }
  AwayFrom(const AwayFrom&) = delete;
  AwayFrom& operator=(const AwayFrom&) = delete;

 private:
  cpu_set_t allowed_;
  bool changed_ = false;
};

}  // namespace

Pool::Pool(int threads) {
  if (threads < 1 || threads > 1024) {
    throw UsageError("a pool of " + std::to_string(threads) + " threads cannot be made: ask for 1 to 1024 threads");
  }
  caller_core_.store(sched_getcpu());  // who makes a pool will call it, and the threads may sleep before that
  workers_.reserve(static_cast<std::size_t>(threads) - 1);
  try {
    for (int i = 1; i < threads; ++i) workers_.emplace_back(&Pool::serve, this, static_cast<std::size_t>(i));
  } catch (...) {
    stop();  // the system ran out of threads: the destructor will not run
    throw;
  }
}

Pool::~Pool() { stop(); }

void Pool::stop() {
  stop_.store(true);
  starts_.fetch_add(1);
  starts_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Pool::run(std::size_t chunks, Work work) {
  if (chunks > unclaimed_mask) throw InternalError("a pool was given more than 2^32 - 1 chunks: cut the work coarser");
  if (workers_.empty() || chunks <= 1) {
    for (std::size_t chunk = 0; chunk < chunks; ++chunk) run_chunk(work, chunk, 0);
  } else {
    caller_core_.store(sched_getcpu(), std::memory_order_relaxed);
    work_ = work;
    chunks_ = chunks;
    unfinished_.store(static_cast<std::uint32_t>(chunks), std::memory_order_relaxed);
    const std::uint64_t run_number = (ticket_.load(std::memory_order_relaxed) >> 32) + 1;
    ticket_.store(run_number << 32 | chunks, std::memory_order_release);
    starts_.fetch_add(1);
    starts_.notify_all();
    claim_all(0);
    const auto finished = [this] { return unfinished_.load(std::memory_order_acquire) == 0; };
    if (!spin_until(finished)) {
      while (const std::uint32_t left = unfinished_.load(std::memory_order_acquire)) unfinished_.wait(left);
    }
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Pool::serve(std::size_t worker) {
  while (true) {
    const int seen = starts_.load();
    if (stop_.load()) return;
    claim_all(worker);
    if (spin_until([&] { return starts_.load(std::memory_order_relaxed) != seen; })) continue;
    const AwayFrom caller(caller_core_.load(std::memory_order_relaxed));
    starts_.wait(seen);
  }
}

void Pool::claim_all(std::size_t worker) {
  std::uint64_t ticket = ticket_.load(std::memory_order_acquire);
  while (any_unclaimed(ticket)) {
    if (!ticket_.compare_exchange_weak(ticket, ticket - 1, std::memory_order_acquire)) continue;
    run_chunk(work_, chunks_ - (ticket & unclaimed_mask), worker);
    if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished_.notify_all();
    ticket = ticket_.load(std::memory_order_acquire);
  }
}

void Pool::run_chunk(Work work, std::size_t chunk, std::size_t worker) noexcept {
  try {
    work(chunk, worker);
  } catch (...) {
    const std::lock_guard lock(failure_mutex_);
    if (failure_ && failed_chunk_ < chunk) return;
    failure_ = std::current_exception();
    failed_chunk_ = chunk;
  }
}

}  // namespace vitrine
