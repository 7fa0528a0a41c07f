#include "vitrine/math.hpp"

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

using namespace vitrine;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();
constexpr float smallest = std::numeric_limits<float>::denorm_min();

/// The distance of neighbouring floats at y, taken no nearer to zero than `at_least`.
double ulp(double y, double at_least) {
  const double magnitude = std::max(std::abs(y), at_least);
  return std::ldexp(1.0, std::max(std::ilogb(magnitude), -126) - 23);
}

/// The largest error in ulp over floats spread evenly over all bit patterns with |x| <= limit.
template <class Ours, class Theirs> double worst_ulp(Ours ours, Theirs theirs, double limit, double at_least = 0) {
  double worst = 0;
  for (std::uint64_t pattern = 0; pattern <= 0xffffffffu; pattern += 9973) {
    const auto x = std::bit_cast<float>(static_cast<std::uint32_t>(pattern));
    if (!(std::abs(x) <= limit)) continue;
    const double exact = theirs(static_cast<double>(x));
    const float rounded = static_cast<float>(exact);
    const float y = ours(x);
    if (std::isnan(exact) || std::isinf(rounded)) {
      if (std::isnan(exact) ? !std::isnan(y) : y != rounded) worst = infinity;
      continue;
    }
    const double error = std::abs(y - exact) / ulp(exact, at_least);
    worst = error <= worst ? worst : error;
    if (std::isnan(error)) return error;
  }
  return worst;
}

bool negative_zero(float x) { return x == 0.0f && std::signbit(x); }
bool positive_zero(float x) { return x == 0.0f && !std::signbit(x); }

}  // namespace

TEST_CASE("a product and a sum are rounded once, whether there is an instruction for it or not") {
  std::mt19937 random(5);
  std::size_t wrong = 0;
  const auto float_of = [](std::uint64_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); };
  const auto check = [&](float a, float b, float c) {
    const float expected = std::fma(a, b, c), got = math::multiply_add(a, b, c);
    const bool both_nan = std::isnan(expected) && std::isnan(got);
    wrong += !both_nan && std::bit_cast<std::uint32_t>(expected) != std::bit_cast<std::uint32_t>(got);
  };
  for (int i = 0; i < 1000000; ++i) {
    const float a = float_of(random()), b = float_of(random()), nearly = -(a * b);
    check(a, b, float_of(random()));
    check(a, b, float_of(std::bit_cast<std::uint32_t>(nearly) + random() % 64));  // nearly all is cancelled
    // An addend that lies anywhere beside the product's 48 bits.
    check(a, b, std::ldexp(nearly, static_cast<int>(random() % 60) - 30) * (1 + 0x1p-23f * static_cast<float>(i % 7)));
  }
  for (const float a : {0.0f, -0.0f, 1.0f, smallest, -smallest, 3e38f, infinity, -infinity, nan_value})
    for (const float b : {0.0f, -0.0f, -1.0f, smallest, 0.5f, 3e38f, infinity, nan_value})
      for (const float c : {0.0f, -0.0f, 1.0f, smallest, -smallest, -3e38f, infinity, -infinity, nan_value})
        check(a, b, c);
  CHECK(wrong == 0);
}

TEST_CASE("exp, log, tanh and erf are within 4 ulp of double over all floats") {
  CHECK(worst_ulp([](float x) { return math::exp(x); }, [](double x) { return std::exp(x); }, 1e39) <= 1);
  CHECK(worst_ulp([](float x) { return math::log(x); }, [](double x) { return std::log(x); }, 1e39) <= 2);
  CHECK(worst_ulp([](float x) { return math::tanh(x); }, [](double x) { return std::tanh(x); }, 1e39) <= 4);
  CHECK(worst_ulp([](float x) { return math::erf(x); }, [](double x) { return std::erf(x); }, 1e39) <= 2);
}

TEST_CASE("softplus is within 3 ulp of double over all floats, also where 1 + exp(x) rounds to 1") {
  const auto exact = [](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); };
  CHECK(worst_ulp([](float x) { return math::softplus(x); }, exact, 1e39) <= 3);
}

TEST_CASE(
    "pow is within 0.51 ulp of double over floats of every size, for bases near 1 and for whole powers of negatives") {
  std::mt19937 random(3);
  double worst = 0;
  const auto check = [&](float x, float y) {
    const double exact = std::pow(static_cast<double>(x), static_cast<double>(y));
    const float rounded = static_cast<float>(exact), got = math::power(x, y);
    CAPTURE(x, y, exact, got);
    if (std::isnan(exact) || std::isinf(rounded) || rounded == 0) {
      if (std::isnan(exact) ? !std::isnan(got) : got != rounded || std::signbit(got) != std::signbit(rounded)) FAIL();
      return;
    }
    worst = std::max(worst, std::abs(got - exact) / ulp(exact, 0));
  };
  const auto between = [&](float low, float high) { return std::uniform_real_distribution<float>(low, high)(random); };
  const auto any = [&] { return std::bit_cast<float>(static_cast<std::uint32_t>(random())); };
  for (int i = 0; i < 100000; ++i) {
    check(any(), any());
    check(std::exp(between(-8, 8)), between(-30, 30));
    check(1 + between(-0.01f, 0.01f), between(-8000, 8000));
    check(-std::exp(between(-8, 8)), std::round(between(-30, 30)));
  }
  CHECK(worst <= 0.51);
}

TEST_CASE("sin and cos are within 4 ulp of max(|y|, 2^-24) up to 10,000") {
  CHECK(worst_ulp([](float x) { return math::sin(x); }, [](double x) { return std::sin(x); }, 1e4, 0x1p-24) <= 4);
  CHECK(worst_ulp([](float x) { return math::cos(x); }, [](double x) { return std::cos(x); }, 1e4, 0x1p-24) <= 4);
}

TEST_CASE("sin and cos keep their bits next to multiples of pi / 2") {
  std::size_t wrong = 0;
  for (int n = 1; n <= 6366; ++n) {
    const auto nearest = static_cast<float>(n * 1.5707963267948966);
    for (const float x : {std::nextafter(nearest, 0.0f), nearest, std::nextafter(nearest, 1e5f), -nearest}) {
      const double s = std::sin(static_cast<double>(x));
      const double c = std::cos(static_cast<double>(x));
      wrong += !(std::abs(math::sin(x) - s) <= 4 * ulp(s, 0x1p-24));
      wrong += !(std::abs(math::cos(x) - c) <= 4 * ulp(c, 0x1p-24));
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("sin and cos stay within [-1, 1] beyond their range") {
  for (float x = 1e4f; x < 1e38f; x *= 1.37f) {
    CHECK(std::abs(math::sin(x)) <= 1.000001f);
    CHECK(std::abs(math::cos(-x)) <= 1.000001f);
  }
}

TEST_CASE("exp overflows to infinity and underflows through denormals to zero") {
  CHECK(math::exp(88.7228f) < infinity);
  CHECK(math::exp(88.7229f) == infinity);
  CHECK(math::exp(infinity) == infinity);
  CHECK(math::exp(-103.2f) == smallest);
  CHECK(positive_zero(math::exp(-104.0f)));
  CHECK(positive_zero(math::exp(-infinity)));
  CHECK(math::exp(0.0f) == 1.0f);
  CHECK(math::exp(-0.0f) == 1.0f);
}

TEST_CASE("log takes denormals, zero, infinity and negative numbers") {
  CHECK(math::log(1.0f) == 0.0f);
  CHECK(math::log(0.0f) == -infinity);
  CHECK(math::log(-0.0f) == -infinity);
  CHECK(math::log(infinity) == infinity);
  CHECK(std::isnan(math::log(-1.0f)));
  CHECK(std::isnan(math::log(-smallest)));
  CHECK(std::isnan(math::log(-infinity)));
  CHECK(math::log(smallest) == Approx(-103.278929903431851));
}

TEST_CASE("odd functions keep the sign of zero and saturate at 1") {
  CHECK(negative_zero(math::tanh(-0.0f)));
  CHECK(negative_zero(math::erf(-0.0f)));
  CHECK(negative_zero(math::sin(-0.0f)));
  CHECK(positive_zero(math::tanh(0.0f)));
  CHECK(positive_zero(math::sin(0.0f)));
  CHECK(math::tanh(infinity) == 1.0f);
  CHECK(math::tanh(-infinity) == -1.0f);
  CHECK(math::erf(infinity) == 1.0f);
  CHECK(math::erf(-infinity) == -1.0f);
  CHECK(math::tanh(smallest) == smallest);
}

TEST_CASE("NaN in, NaN out") {
  for (const float x : {nan_value, -nan_value}) {
    CHECK(std::isnan(math::exp(x)));
    CHECK(std::isnan(math::log(x)));
    CHECK(std::isnan(math::tanh(x)));
    CHECK(std::isnan(math::erf(x)));
    CHECK(std::isnan(math::sin(x)));
    CHECK(std::isnan(math::cos(x)));
    CHECK(std::isnan(math::softplus(x)));
    for (const float y : {0.0f, infinity, x}) {
      CHECK(std::isnan(math::maximum(x, y)));
      CHECK(std::isnan(math::maximum(y, x)));
      CHECK(std::isnan(math::minimum(x, y)));
      CHECK(std::isnan(math::minimum(y, x)));
      CHECK(std::isnan(math::maximum(static_cast<double>(x), static_cast<double>(y))));
      CHECK(std::isnan(math::minimum(static_cast<double>(y), static_cast<double>(x))));
    }
  }
  CHECK(std::isnan(math::sin(infinity)));
  CHECK(std::isnan(math::cos(-infinity)));
}

TEST_CASE("maximum and minimum order the zeros, in float and in double") {
  CHECK(positive_zero(math::maximum(0.0f, -0.0f)));
  CHECK(positive_zero(math::maximum(-0.0f, 0.0f)));
  CHECK(negative_zero(math::maximum(-0.0f, -0.0f)));
  CHECK(negative_zero(math::minimum(0.0f, -0.0f)));
  CHECK(negative_zero(math::minimum(-0.0f, 0.0f)));
  CHECK(positive_zero(math::minimum(0.0f, 0.0f)));
  CHECK_FALSE(std::signbit(math::maximum(-0.0, 0.0)));
  CHECK_FALSE(std::signbit(math::maximum(0.0, -0.0)));
  CHECK(std::signbit(math::minimum(0.0, -0.0)));
  CHECK(std::signbit(math::minimum(-0.0, 0.0)));
  CHECK(math::maximum(1.0f, 2.0f) == 2.0f);
  CHECK(math::minimum(-3.0f, 2.0f) == -3.0f);
  CHECK(math::maximum(infinity, 2.0f) == infinity);
}

TEST_CASE("one formula serves float and double") {
  const auto gelu = [](auto x) {
    using Real = decltype(x);
    return x * Real(0.5) * (Real(1) + math::erf(x * Real(0.70710678f)));
  };
  for (float x = -6; x < 6; x += 0.37f) {
    CHECK(std::abs(gelu(x) - gelu(static_cast<double>(x))) <= 1e-6);
  }
}
