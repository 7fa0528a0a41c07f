#pragma once
#include <cstddef>

namespace vitrine {

/// Between `good`, where a check holds, and `bad` above it, where it does not: a place where it fails, right behind one
/// where it holds. If it fails from some place on, that is the first place; if it fails on and off, one of several.
/// Asks `is_bad` of places between the two only, of none twice, and of at most log2(bad - good), rounded up.
template <class IsBad> std::size_t first_bad(std::size_t good, std::size_t bad, IsBad&& is_bad) {
  while (bad - good > 1) {
    const std::size_t middle = good + (bad - good) / 2;
    (is_bad(middle) ? bad : good) = middle;
  }
  return bad;
}

}  // namespace vitrine
