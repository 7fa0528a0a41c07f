#include "tools/text/sampling.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
const std::vector<float> logits{0.5f, -1.0f, 2.0f, 0.0f, 1.5f, -3.0f, 2.0f, 1.0f};

std::vector<double> softmax(const std::vector<float>& x, double temperature) {
  std::vector<double> p;
  for (const float each : x) p.push_back(std::exp(static_cast<double>(each) / temperature));
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  for (double& each : p) each /= sum;
  return p;
}

std::vector<int> counts_of(const Sampling& settings, int draws, const std::vector<float>& x = logits) {
  std::vector<int> counts(x.size());
  for (int step = 0; step < draws; ++step) ++counts[std::size_t(sample(x, settings, std::uint64_t(step)))];
  return counts;
}

/// Pearson's statistic; where p is 0 the count must be.
double chi_square(const std::vector<int>& counts, const std::vector<double>& p, int draws) {
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (p[i] == 0) {
      CHECK(counts[i] == 0);
      continue;
    }
    const double expected = p[i] * draws;
    sum += (counts[i] - expected) * (counts[i] - expected) / expected;
  }
  return sum;
}

std::vector<std::size_t> possible(const std::vector<double>& p) {
  std::vector<std::size_t> ids;
  for (std::size_t i = 0; i < p.size(); ++i)
    if (p[i] > 0) ids.push_back(i);
  return ids;
}

}  // namespace

TEST_CASE("samples come as often as softmax of the logits over the temperature says") {
  constexpr int draws = 40000;
  for (const float temperature : {0.8f, 1.0f, 3.0f}) {
    for (const std::uint64_t seed : {1u, 2u, 3u}) {
      const auto wanted = softmax(logits, static_cast<double>(temperature));
      const auto said = next_probabilities(logits, {.temperature = temperature});
      for (std::size_t i = 0; i < logits.size(); ++i) CHECK(said[i] == Approx(wanted[i]).epsilon(1e-6));
      // 7 degrees of freedom: above 24.3 once in a thousand tables, if each count is expected to be 5 or more (here
      // 20).
      CHECK(chi_square(counts_of({.temperature = temperature, .seed = seed}, draws), wanted, draws) < 24.3);
    }
  }
}

TEST_CASE("top_k leaves the k likeliest in the proportions that they had, among equals the lower ids") {
  const auto p = softmax(logits, 1);
  CHECK(possible(next_probabilities(logits, {.top_k = 1})) == std::vector<std::size_t>{2});
  CHECK(possible(next_probabilities(logits, {.top_k = 3})) == std::vector<std::size_t>{2, 4, 6});
  const auto three = next_probabilities(logits, {.top_k = 3});
  CHECK(three[2] == Approx(p[2] / (p[2] + p[4] + p[6])));
  CHECK(three[4] == Approx(p[4] / (p[2] + p[4] + p[6])));
  CHECK(chi_square(counts_of({.top_k = 3}, 20000), three, 20000) < 13.8);  // 2 degrees of freedom, once in a thousand
  for (const std::size_t k : {0u, 8u, 100u})
    CHECK(next_probabilities(logits, {.top_k = k}) == next_probabilities(logits, {}));
}

TEST_CASE("top_p leaves the fewest likeliest tokens that reach it, of what top_k left") {
  const std::vector<float> x{std::log(0.1f), std::log(0.4f), std::log(0.2f), std::log(0.3f)};
  const auto left = [&](float top_p, std::size_t top_k = 0) {
    return possible(next_probabilities(x, {.top_k = top_k, .top_p = top_p}));
  };
  using Tokens = std::vector<std::size_t>;
  CHECK(left(0.39f) == Tokens{1});
  CHECK(left(0.41f) == Tokens{1, 3});
  CHECK(left(0.69f) == Tokens{1, 3});
  CHECK(left(0.71f) == Tokens{1, 2, 3});
  CHECK(left(0.91f) == Tokens{0, 1, 2, 3});
  CHECK(left(1) == Tokens{0, 1, 2, 3});
  CHECK(left(0.5f, 2) == Tokens{1});  // 0.4 of the 0.7 that two tokens have is enough
  const auto two = next_probabilities(x, {.top_p = 0.5f});
  CHECK(two[1] == Approx(4.0 / 7));
  CHECK(chi_square(counts_of({.top_p = 0.5f}, 20000, x), two, 20000) <
        10.8);  // 1 degree of freedom, once in a thousand
}

TEST_CASE("greedy is temperature 0, top_k 1, a top_p near 0 and a temperature near 0, and ties go to the lowest id") {
  for (const std::uint64_t step : {0u, 1u, 7u, 100000u}) {
    CHECK(sample(logits, {.temperature = 0}, step) == 2);
    CHECK(sample(logits, {.temperature = 0, .top_k = 5, .top_p = 0.9f}, step) == 2);
    CHECK(sample(logits, {.top_k = 1}, step) == 2);
    CHECK(sample(logits, {.top_p = 1e-30f}, step) == 2);
    CHECK(sample(std::vector{1.0f, 3.0f, 2.9f}, {.temperature = 1e-4f}, step) == 1);
    CHECK(sample(std::vector{1.0f, 3.0f, 2.9f}, {.temperature = 1e-44f}, step) == 1);
  }
  CHECK(sample(std::vector{-infinity, -5.0f}, {.temperature = 0}, 0) == 1);
  CHECK(sample(std::vector{7.0f}, {}, 0) == 0);
  CHECK(next_probabilities(logits, {.temperature = 0})[2] == 1);
}

TEST_CASE("a sample depends on seed, step, logits and settings alone") {
  const auto drawn = [](std::uint64_t seed) {
    std::vector<std::int32_t> ids;
    for (std::uint64_t step = 0; step < 50; ++step) ids.push_back(sample(logits, {.seed = seed}, step));
    return ids;
  };
  CHECK(drawn(1) == drawn(1));
  CHECK(drawn(1) != drawn(2));
  const auto all = drawn(1);
  for (const std::uint64_t step : {49u, 3u, 20u}) CHECK(sample(logits, {.seed = 1}, step) == all[step]);
  // The same logits higher or lower: softmax does not know the difference.
  std::vector<float> shifted = logits;
  for (float& x : shifted) x += 64;
  for (std::uint64_t step = 0; step < 50; ++step) CHECK(sample(shifted, {.seed = 1}, step) == all[step]);
}

TEST_CASE("large, small and impossible logits: no overflow, and -infinity is never drawn") {
  CHECK(next_probabilities(std::vector{3e38f, 3e38f, -3e38f}, {}) == std::vector{0.5, 0.5, 0.0});
  const std::vector<float> masked{-infinity, 0.0f, -infinity, 0.0f};
  CHECK(next_probabilities(masked, {}) == std::vector{0.0, 0.5, 0.0, 0.5});
  CHECK(next_probabilities(masked, {.top_k = 3, .top_p = 0.999f}) == std::vector{0.0, 0.5, 0.0, 0.5});
  const auto counts = counts_of({}, 1000, masked);
  CHECK(counts[1] + counts[3] == 1000);
}

TEST_CASE("settings and logits that mean nothing are refused") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const float temperature : {-0.1f, -infinity, infinity, nan})
    CHECK_THROWS_AS(sample(logits, {.temperature = temperature}, 0), UsageError);
  for (const float top_p : {0.0f, -0.5f, 1.0001f, nan})
    CHECK_THROWS_AS(sample(logits, {.top_p = top_p}, 0), UsageError);
  CHECK_NOTHROW(check({.temperature = 0, .top_k = 1000, .top_p = 1}));
  const auto refusal = [](const std::vector<float>& x) {
    return input_error_of([&] { sample(x, {.temperature = 0}, 0); });
  };
  CHECK_THAT(refusal({}), Contains("no logits"));
  CHECK_THAT(refusal({0.0f, nan}), Contains("the logit of token 1 is nan"));
  CHECK_THAT(refusal({infinity, 0.0f}), Contains("the logit of token 0 is inf"));
  CHECK_THAT(refusal({-infinity, -infinity}), Contains("every logit is -infinity"));
}
