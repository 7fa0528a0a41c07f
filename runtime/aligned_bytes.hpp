#pragma once
#include <cstddef>
#include <memory>
#include <new>

namespace vitrine {

/// Memory that starts at a cache line, not initialised.
class AlignedBytes {
 public:
  static constexpr std::align_val_t alignment{64};

  AlignedBytes() = default;
  explicit AlignedBytes(std::size_t size)
      : bytes_(static_cast<std::byte*>(::operator new(size, alignment))), size_(size) {}

  std::byte* data() const { return bytes_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* p) const { ::operator delete(p, alignment); }
  };
  std::unique_ptr<std::byte, Free> bytes_;
  std::size_t size_ = 0;
};

}  // namespace vitrine
