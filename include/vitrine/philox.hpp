#pragma once
// Counter-based random numbers: number n of a stream is a function of (seed, stream, n), whatever was drawn before it.
#include <array>
#include <cstdint>
#include <string_view>

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

}  // namespace vitrine
