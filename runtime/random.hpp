#pragma once
// Counter-based random numbers: number n of a stream is a function of (seed, stream, n), whatever was drawn before it.
#include <array>
#include <cstdint>
#include <string_view>

#include "vitrine/math.hpp"

namespace vitrine {

/// Philox 4x32 with 10 rounds: J. Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC'11, section 3.3;
/// the constants are the paper's.
constexpr std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0], b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key = {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85};
  }
  return counter;
}

/// A stream's number, from its name: FNV-1a with 64 bits (Fowler, Noll and Vo; IETF draft-eastlake-fnv), the same
/// everywhere, unlike std::hash.
constexpr std::uint64_t stream_of(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

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
