#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace vitrine {

/// Which keys a query may look at. Query i looks at key j if (!causal || j <= i) and (window == 0 || |i - j| < window).
/// That is an interval of keys, so a mask is two comparisons of positions and never a number added to a score.
struct Looks {
  bool causal = false;
  std::int64_t window = 0;  // 0: as far as there are keys

  constexpr Looks within(std::int64_t positions) const { return {causal, positions}; }

  /// The keys [first, last) of `keys` that query i looks at; of none, first = last.
  struct Span {
    std::size_t first, last;
  };
  constexpr Span of(std::size_t i, std::size_t keys) const {
    const auto wide = static_cast<std::size_t>(window);
    const std::size_t first = window == 0 || i < wide ? 0 : std::min(i + 1 - wide, keys);
    const std::size_t reach = causal ? i + 1 : window == 0 || wide > keys ? keys : i + wide;
    return {first, std::max(first, std::min(reach, keys))};
  }
  bool operator==(const Looks&) const = default;
};

/// attention<everywhere>, attention<causal>, attention<causal.within(128)>.
inline constexpr Looks everywhere{}, causal{.causal = true};

}  // namespace vitrine
