#include "tools/data/prefetch.hpp"

#include "vitrine/error.hpp"

namespace vitrine {

Prefetch::Prefetch(std::vector<Batch> buffers, std::function<void(Batch&)> produce)
    : buffers_(std::move(buffers)), produce_(std::move(produce)) {
  if (buffers_.size() < 2) throw InternalError("prefetch: fewer than two buffers leave nothing to fill ahead");
  thread_ = std::thread([this] { serve(); });
}

Prefetch::~Prefetch() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Prefetch::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || made_ - freed_ < buffers_.size(); });
    if (stop_) return;
    Batch& buffer = buffers_[made_ % buffers_.size()];
    lock.unlock();  // the buffer is this thread's alone until made_ counts it
    std::exception_ptr failure;
    try {
      produce_(buffer);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    if (failure) {
      failure_ = failure;
      changed_.notify_all();
      return;
    }
    ++made_;
    changed_.notify_all();
  }
}

const Batch& Prefetch::next() {
  std::unique_lock lock(mutex_);
  freed_ = given_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return made_ > given_ || failure_; });
  if (made_ == given_) std::rethrow_exception(failure_);
  return buffers_[given_++ % buffers_.size()];
}

}  // namespace vitrine
