#pragma once
// Random choices about examples, each a function of (seed, epoch, what is chosen, a number): nothing to save, and the
// same whatever was drawn before.
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace vitrine {

/// Draw `number` for this purpose in this epoch: 128 random bits (vitrine/philox.hpp).
std::array<std::uint32_t, 4> draw(std::string_view purpose, std::uint64_t seed, std::uint64_t epoch,
                                  std::uint32_t number);

/// Which example comes when: a permutation of 0 .. count - 1 that depends on the seed and the epoch only. R. Fisher and
/// F. Yates as in D. Knuth, "The Art of Computer Programming", volume 2, section 3.4.2, algorithm P. count < 2^32.
std::vector<std::uint32_t> shuffled(std::size_t count, std::uint64_t seed, std::uint64_t epoch);

}  // namespace vitrine
