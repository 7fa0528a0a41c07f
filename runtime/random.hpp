#pragma once
// Counter-based random numbers: number n of a stream is a function of (seed, stream, n), whatever was drawn before it.
#include "vitrine/math.hpp"
#include "vitrine/philox.hpp"

namespace vitrine {

class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}

  /// Element n of U(0, 1]: a multiple of 2^-24, never 0.
  float uniform(std::uint64_t n) const { return to_unit(block(n / 4)[n % 4]); }

  /// Element n of N(0, 1), at most 5.8 in size: G. Box and M. Muller, "A Note on the Generation of Random Normal
  /// Deviates", Annals of Mathematical Statistics 29 (1958).
  float normal(std::uint64_t n) const {
    const auto four = block(n / 4);
    const std::size_t pair = n % 4 / 2 * 2;
    const float radius = math::sqrt(-2.0f * math::log(to_unit(four[pair])));
    const float angle = 6.28318531f * to_unit(four[pair + 1]);
    return radius * (n % 2 == 0 ? math::cos(angle) : math::sin(angle));
  }

 private:
  static std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
  static std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }
  static float to_unit(std::uint32_t bits) { return static_cast<float>((bits >> 8) + 1) * 0x1p-24f; }

  std::array<std::uint32_t, 4> block(std::uint64_t number) const {
    return philox({low(number), high(number), low(stream_), high(stream_)}, {low(seed_), high(seed_)});
  }

  std::uint64_t seed_, stream_;
};

}  // namespace vitrine
