#pragma once
// A tensor as plain bytes in memory: what files hold and what a program is fed with and gives back.
#include <cstddef>
#include <vector>

#include "vitrine/type.hpp"

namespace vitrine {

/// Dense, row major (the last axis is the fastest), little endian; `bytes.size()` is size_of(dtype) times the product
/// of `sizes`. A tensor without sizes is a scalar and holds one element.
struct HostTensor {
  DType dtype{};
  std::vector<std::size_t> sizes;
  std::vector<std::byte> bytes;

  bool operator==(const HostTensor&) const = default;
};

}  // namespace vitrine
