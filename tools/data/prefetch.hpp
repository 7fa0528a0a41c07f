#pragma once
// Batches made ahead on a thread of their own, while the one before is being learned from.
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "tools/data/dataset.hpp"

namespace vitrine {

class Prefetch {
 public:
  /// Starts a thread that calls `produce` on one buffer after the other, one call at a time, whenever a buffer is free:
  /// with two buffers one batch is in use while one is made. At least two are needed (InternalError).
  Prefetch(std::vector<Batch> buffers, std::function<void(Batch&)> produce);
  /// Waits for a call of `produce` that has begun, not for a batch to be taken.
  ~Prefetch();
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;

  /// The next batch, to be read until the next call. If `produce` threw, the batches before it come first, then what it
  /// threw, at this call and every later one. Call it from one thread at a time.
  const Batch& next();

 private:
  void serve();

  std::vector<Batch> buffers_;
  std::function<void(Batch&)> produce_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t made_ = 0;   // batches produced,
  std::size_t given_ = 0;  // given to the caller,
  std::size_t freed_ = 0;  // and done with: all given but the last one
  bool stop_ = false;
  std::exception_ptr failure_;

  std::thread thread_;  // last: it starts when all the others are there
};

}  // namespace vitrine
