#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>

namespace vitrine {

/// Memory that starts at a cache line, not initialised. Large memory starts at a huge page and asks for those: a matrix
/// read down its columns touches a page for every number, and the processor knows the places of some thousand pages.
class AlignedBytes {
 public:
  AlignedBytes() = default;
  explicit AlignedBytes(std::size_t size)
      : bytes_(static_cast<std::byte*>(::operator new(size, alignment_of(size))), Free{size}), size_(size) {
    if (size >= large) madvise(bytes_.get(), size, MADV_HUGEPAGE);  // a wish: without it all is the same, and slower
  }

  std::byte* data() const { return bytes_.get(); }
  std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t huge_page = std::size_t{2} << 20, large = 2 * huge_page;
  static constexpr std::align_val_t alignment_of(std::size_t size) {
    return std::align_val_t{size >= large ? huge_page : 64};
  }
  struct Free {
    std::size_t size;
    void operator()(std::byte* p) const { ::operator delete(p, alignment_of(size)); }
  };
  std::unique_ptr<std::byte, Free> bytes_{nullptr, Free{0}};
  std::size_t size_ = 0;
};

}  // namespace vitrine
