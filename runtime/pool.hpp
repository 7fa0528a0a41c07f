#pragma once
// Threads that share out numbered chunks of work.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/function_ref.hpp"

namespace vitrine {

/// Runs chunks 0 .. chunks-1 of a piece of work on a fixed number of threads, the calling thread among them. Which
/// thread gets which chunk is left to chance: results are the same for every number of threads if each chunk writes
/// its own part and the number of chunks does not depend on threads().
class Pool {
 public:
  using Work = FunctionRef<void(std::size_t chunk, std::size_t worker)>;

  /// Starts threads - 1 threads. Throws UsageError unless 1 <= threads <= 1024.
  explicit Pool(int threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// Returns when every chunk has ended. `worker` is below threads(), the caller's is 0; no two chunks run on one
  /// worker at once. If chunks throw, the others still run, and the exception of the lowest chunk is thrown on.
  /// Call it from one thread at a time and not from within a chunk. Throws InternalError above 2^32 - 1 chunks.
  void run(std::size_t chunks, Work work);

 private:
  void stop();
  void serve(std::size_t worker);
  void claim_all(std::size_t worker);
  void run_chunk(Work work, std::size_t chunk, std::size_t worker) noexcept;

  // The high half counts the runs, the low half the chunks that nobody has claimed. Both in one word, so that a
  // worker that wakes late cannot claim a chunk of a run it has not seen.
  std::atomic<std::uint64_t> ticket_{0};
  std::atomic<std::uint32_t> unfinished_{0};
  std::atomic<int> starts_{0};  // what an idle worker sleeps on; an int, because that is what a futex is
  std::atomic<bool> stop_{false};
  std::atomic<int> caller_core_{-1};  // where the last run began

  // Written before ticket_ is published, read only by who holds a chunk: no race.
  Work work_;
  std::size_t chunks_ = 0;

  std::mutex failure_mutex_;
  std::exception_ptr failure_;
  std::size_t failed_chunk_ = 0;

  std::vector<std::thread> workers_;
};

}  // namespace vitrine
