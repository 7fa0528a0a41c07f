#include "compiler/trial_values.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "vitrine/philox.hpp"

namespace vitrine {

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
constexpr std::array hard{0.f, -0.f, 1.f, infinity, -1.5f, nan, -infinity, 1e-42f, 3.f, 0.25f, -2e30f, 3e38f, -1e-45f};
constexpr std::array few{1.f, -1.f, 0.f, 1.f, 2.f};

/// Number i of a leaf in a turn, in [-2, 2).
float ordinary(std::size_t i, int turn, std::uint32_t leaf) {
  const std::uint32_t bits =
      philox({static_cast<std::uint32_t>(i), leaf, 0, 0}, {static_cast<std::uint32_t>(turn), 1})[0];
  return static_cast<float>(bits >> 8) * 0x1p-22f - 2.f;
}

float element(std::size_t i, int turn, std::uint32_t leaf) {
  const float x = ordinary(i, turn, leaf);
  const auto shift = static_cast<std::size_t>(turn) + 3 * leaf;
  switch (turn) {
    case 0: return x;
    case 1: return 1e4f + x;
    case 2: return few[(i + shift + i / 3) % few.size()];
    case 3: return static_cast<float>(leaf % 3) - 1.f;
    default: return i % 4 == 3 && i > 3 ? x : hard[(i * (1 + leaf % 5) + shift * (1 + leaf % 11)) % hard.size()];
  }
}

}  // namespace

std::vector<std::byte> trial_value(const Type& type, int turn, std::uint32_t leaf, std::span<const std::byte> known) {
  std::vector<std::byte> made(known.begin(), known.end());
  const std::size_t n = type.shape.elements(), size = size_of(type.dtype);
  if (type.dtype == DType::f32) {
    for (std::size_t i = 0; i < n; ++i) {
      const float x = element(i, turn, leaf);
      std::memcpy(&made[i * size], &x, size);
    }
  } else if (type.dtype == DType::boolean) {
    for (std::size_t i = 0; i < n; ++i) made[i] = static_cast<std::byte>(ordinary(i, turn, leaf) > 0);
  } else if (n > 0) {
    std::ranges::rotate(made, made.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(turn) % n * size));
  }
  return made;
}

}  // namespace vitrine
