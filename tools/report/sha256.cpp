#include "tools/report/sha256.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace vitrine {

namespace {

/// The first 32 bits behind the point of a root of the n-th prime. Long doubles hold 64 bits, more than enough.
std::uint32_t fraction_of(long double root) {
  return static_cast<std::uint32_t>(std::floor((root - std::floor(root)) * 4294967296.0L));
}

struct Constants {
  std::array<std::uint32_t, 8> begin{};
  std::array<std::uint32_t, 64> round{};
  Constants() {
    std::size_t found = 0;
    for (std::uint32_t n = 2; found < round.size(); ++n) {
      bool prime = true;
      for (std::uint32_t d = 2; d * d <= n; ++d) prime = prime && n % d != 0;
      if (!prime) continue;
      if (found < begin.size()) begin[found] = fraction_of(std::sqrt(static_cast<long double>(n)));
      round[found++] = fraction_of(std::cbrt(static_cast<long double>(n)));
    }
  }
};

std::array<std::uint8_t, 32> digest(std::string_view bytes) {
  static const Constants constants;
  std::string padded(bytes);
  padded += '\x80';
  while (padded.size() % 64 != 56) padded += '\0';
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  for (int shift = 56; shift >= 0; shift -= 8) padded += static_cast<char>(bits >> shift);

  std::array<std::uint32_t, 8> state = constants.begin;
  for (std::size_t at = 0; at < padded.size(); at += 64) {
    std::array<std::uint32_t, 64> w{};
    for (std::size_t i = 0; i < 16; ++i)
      for (std::size_t b = 0; b < 4; ++b) w[i] = w[i] << 8 | static_cast<std::uint8_t>(padded[at + 4 * i + b]);
    for (std::size_t i = 16; i < 64; ++i) {
      const std::uint32_t a = w[i - 15], b = w[i - 2];
      w[i] = w[i - 16] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ a >> 3) + w[i - 7] +
             (std::rotr(b, 17) ^ std::rotr(b, 19) ^ b >> 10);
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (std::size_t i = 0; i < 64; ++i) {
      const std::uint32_t one = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + ((e & f) ^ (~e & g)) +
                                constants.round[i] + w[i];
      const std::uint32_t two = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + one, d = c, c = b, b = a, a = one + two;
    }
    const std::array<std::uint32_t, 8> made{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < state.size(); ++i) state[i] += made[i];
  }
  std::array<std::uint8_t, 32> result{};
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
  return result;
}

}  // namespace

std::string sha256_base64(std::string_view bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto made = digest(bytes);
  std::string text;
  for (std::size_t i = 0; i < made.size(); i += 3) {
    const auto byte = [&](std::size_t k) -> std::uint32_t { return k < made.size() ? made[k] : 0; };
    const std::uint32_t group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (int k = 0; k < 4; ++k)
      text += i + static_cast<std::size_t>(k) > made.size() ? '=' : letters[group >> (18 - 6 * k) & 63];
  }
  return text;
}

}  // namespace vitrine
