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
  float normal(std::uint64_t n) const { return normals(n / 4)[n % 4]; }

  /// Elements 4 number to 4 number + 3 of the two: a block makes four, and the numbers of N(0, 1) are made in pairs.
  std::array<float, 4> uniforms(std::uint64_t number) const {
    const auto four = block(number);
    return {to_unit(four[0]), to_unit(four[1]), to_unit(four[2]), to_unit(four[3])};
  }
  std::array<float, 4> normals(std::uint64_t number) const {
    const std::array<float, 4> u = uniforms(number);
    std::array<float, 4> made{};
    for (std::size_t pair = 0; pair < 4; pair += 2) {
      const float radius = math::sqrt(-2.0f * math::log(u[pair])), angle = 6.28318531f * u[pair + 1];
      made[pair] = radius * math::cos(angle), made[pair + 1] = radius * math::sin(angle);
    }
    return made;
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
