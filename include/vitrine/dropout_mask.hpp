#pragma once
// Which elements a dropout keeps: a function of (seed, step, stream, element), so that the way back, a recomputation
// and a resumed run find the mask that the way forward had, and none of them stores it.
#include "vitrine/number.hpp"
#include "vitrine/philox.hpp"

namespace vitrine {

class DropoutMask {
 public:
  /// What the numbers are drawn by: philox(counter with the block as its first word, key), and an element is dropped
  /// where the upper 24 bits of its word are below `least`.
  struct Draw {
    std::array<std::uint32_t, 4> counter;
    std::array<std::uint32_t, 2> key;
    std::uint32_t least;
  };

  /// `seed` is two words. Of 2^24 numbers that may be drawn, rate * 2^24 drop the element: none at 0, all at 1.
  DropoutMask(const std::int32_t* seed, std::int32_t step, std::int64_t stream, float rate) {
    const auto low = [](auto x) { return static_cast<std::uint32_t>(x); };
    // The tag keeps these numbers apart from those that parameters begin with under the same seed.
    constexpr std::uint32_t tag = 0x64726f70;
    draw_.counter = {0, low(stream), low(static_cast<std::uint64_t>(stream) >> 32), low(step)};
    draw_.key = {low(seed[0]), low(seed[1]) ^ tag};
    const double drops = static_cast<double>(rate) * 0x1p24;
    draw_.least = low(drops);
    if (static_cast<double>(draw_.least) < drops) ++draw_.least;
  }
  const Draw& draw() const { return draw_; }

  /// Whether elements 4 block, ..., 4 block + 3 are kept. For block below 2^32.
  std::array<bool, 4> keeps(std::uint64_t block) const {
    auto counter = draw_.counter;
    counter[0] = static_cast<std::uint32_t>(block);
    const auto drawn = philox(counter, draw_.key);
    return {kept(drawn[0]), kept(drawn[1]), kept(drawn[2]), kept(drawn[3])};
  }

  /// y[n] = x[n] * factor where element n is kept, else 0, for n from 4 first_block up to `end`.
  template <class Real>
  void apply(const Real* x, Real* y, std::uint64_t first_block, std::size_t end, Real factor) const {
    for (std::uint64_t block = first_block; block * 4 < end; ++block) {
      const auto kept = keeps(block);
      for (std::size_t k = 0, n = block * 4; k < 4 && n < end; ++k, ++n) y[n] = kept[k] ? x[n] * factor : Real(0);
    }
  }

 private:
  bool kept(std::uint32_t drawn) const { return drawn >> 8 >= draw_.least; }

  Draw draw_{};
};

/// What is kept is divided by the share that is kept, so that the mean stays. All of nothing is nothing.
inline float dropout_factor(float rate) { return rate < 1 ? 1 / (1 - rate) : 0; }

}  // namespace vitrine
