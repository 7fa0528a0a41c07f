#include "runtime/random.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace vitrine;

TEST_CASE("Philox gives the numbers of its paper's reference implementation") {
  // Known answers of Random123 1.14, kat_vectors, philox4x32 with 10 rounds.
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
        std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
}

TEST_CASE("random numbers have the mean and spread that they should have") {
  const RandomStream random(3, stream_of("w"));
  const std::uint64_t count = 200000;
  double mean = 0, square = 0, uniform = 0, product = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const double x = static_cast<double>(random.normal(i));
    mean += x;
    square += x * x;
    product += x * static_cast<double>(random.normal(i + 1));
    uniform += static_cast<double>(random.uniform(i));
  }
  const double n = static_cast<double>(count);
  CHECK(std::abs(mean / n) < 0.01);  // more than four standard errors
  CHECK(std::abs(square / n - 1) < 0.02);
  CHECK(std::abs(product / n) < 0.01);
  CHECK(std::abs(uniform / n - 0.5) < 0.004);
}
