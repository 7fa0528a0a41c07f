#include "runtime/row_kernels.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "vitrine/error.hpp"

using namespace vitrine;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();

std::vector<float> noise(std::size_t count, float scale) {
  std::mt19937 random(static_cast<unsigned>(count));
  std::vector<float> x(count);
  for (float& value : x) value = scale * static_cast<float>(static_cast<int>(random() % 2001) - 1000) / 1000.0f;
  return x;
}

std::vector<std::int32_t> some_labels(std::size_t rows, std::size_t N) {
  std::vector<std::int32_t> labels(rows);
  for (std::size_t r = 0; r < rows; ++r) labels[r] = static_cast<std::int32_t>(r * 7 % N);
  return labels;
}

/// What each row's loss is worth to what comes after it: other numbers, one of them negative and one 0.
std::vector<float> some_gradients(std::size_t rows) {
  std::vector<float> g(rows);
  for (std::size_t r = 0; r < rows; ++r) g[r] = static_cast<float>(r % 5) * 0.75f - 0.75f;
  return g;
}

double log_sum_exp(const float* x, std::size_t N) {
  const double largest = *std::max_element(x, x + N);
  double sum = 0;
  for (std::size_t j = 0; j < N; ++j) sum += std::exp(x[j] - largest);
  return largest + std::log(sum);
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

struct Shape {
  std::size_t rows, N;
};
const std::vector<Shape> shapes{{1, 1}, {3, 2}, {64, 10}, {5, 31}, {5, 32}, {5, 33}, {7, 1000}, {3, 2500}, {300, 65}};

}  // namespace

TEST_CASE("softmax and cross entropy agree with double, also for logits far from zero") {
  Pool pool(2);
  for (const Isa isa : all_isas()) {
    for (const auto& [rows, N] : shapes) {
      for (const float scale : {1.0f, 30.0f, 1000.0f}) {
        const std::vector<float> x = noise(rows * N, scale);
        const std::vector<std::int32_t> labels = some_labels(rows, N);
        const std::vector<float> g = some_gradients(rows);
        std::vector<float> y(rows * N);
        std::vector<float> gradient(rows * N);
        std::vector<float> loss(rows);
        softmax(pool, isa, rows, N, x.data(), y.data());
        softmax_cross_entropy(pool, isa, rows, N, x.data(), labels.data(), loss.data());
        softmax_cross_entropy_gradient(pool, isa, rows, N, x.data(), labels.data(), g.data(), gradient.data());
        std::size_t wrong = 0;  // counted, not a largest error: std::max would swallow a NaN
        const auto check = [&](double error) { wrong += !(error < 0x1p-23); };
        for (std::size_t r = 0; r < rows; ++r) {
          const double whole = log_sum_exp(&x[r * N], N);
          const auto label = static_cast<std::size_t>(labels[r]);
          // log(sum) has an absolute error of a few 2^-24, and the difference of two logits rounds once.
          check(std::abs(loss[r] - (whole - x[r * N + label])) / (8 + std::abs(loss[r])));
          for (std::size_t j = 0; j < N; ++j) {
            const double p = std::exp(x[r * N + j] - whole);
            // The argument of the exponential rounds at |x - max| <= 2 scale.
            const double unit = std::max(p, 1e-30) * (8 + 2 * scale);
            check(std::abs(y[r * N + j] - p) / unit);
            check(std::abs(gradient[r * N + j] - (p - (j == label)) * g[r]) / (unit + 1) / 2.25);
          }
        }
        CHECK(wrong == 0);
      }
    }
  }
}

TEST_CASE("row kernels give the same bits for 1, 2 and 4 threads and on every instruction set") {
  const std::size_t rows = 500;
  const std::size_t N = 203;
  const std::vector<float> x = noise(rows * N, 5);
  const std::vector<std::int32_t> labels = some_labels(rows, N);
  const std::vector<float> g = some_gradients(rows);
  std::vector<std::vector<float>> first;
  for (const Isa isa : all_isas()) {
    for (const int threads : {1, 2, 4}) {
      Pool pool(threads);
      std::vector<std::vector<float>> y{std::vector<float>(rows * N), std::vector<float>(rows),
                                        std::vector<float>(rows * N)};
      softmax(pool, isa, rows, N, x.data(), y[0].data());
      softmax_cross_entropy(pool, isa, rows, N, x.data(), labels.data(), y[1].data());
      softmax_cross_entropy_gradient(pool, isa, rows, N, x.data(), labels.data(), g.data(), y[2].data());
      if (first.empty()) first = y;
      for (std::size_t i = 0; i < y.size(); ++i) CHECK(same_bits(first[i], y[i]));
    }
  }
}

TEST_CASE("a NaN in a row gives NaN in that row and nowhere else") {
  Pool pool(1);
  for (const Isa isa : all_isas()) {
    for (const std::size_t N : {3u, 10u, 40u, 100u}) {
      for (std::size_t where = 0; where < N; ++where) {
        std::vector<float> x = noise(3 * N, 1);
        x[N + where] = nan_value;
        const std::vector<std::int32_t> labels(3, 1);
        std::vector<float> y(3 * N);
        std::vector<float> loss(3);
        softmax(pool, isa, 3, N, x.data(), y.data());
        softmax_cross_entropy(pool, isa, 3, N, x.data(), labels.data(), loss.data());
        const auto is_nan = [](float v) { return std::isnan(v); };
        const auto middle = y.begin() + static_cast<std::ptrdiff_t>(N);
        const bool right = std::all_of(middle, middle + static_cast<std::ptrdiff_t>(N), is_nan) &&
                           std::count_if(y.begin(), y.end(), is_nan) == static_cast<std::ptrdiff_t>(N) &&
                           !is_nan(loss[0]) && is_nan(loss[1]) && !is_nan(loss[2]);
        CHECK(right);
      }
    }
  }
}

TEST_CASE("softmax of a masked row spreads over what is left, and works in place") {
  Pool pool(1);
  for (const Isa isa : all_isas()) {
    std::vector<float> x{-infinity, 2.0f, -infinity, 2.0f};
    softmax(pool, isa, 1, 4, x.data(), x.data());
    CHECK(x == std::vector<float>{0.0f, 0.5f, 0.0f, 0.5f});
  }
}

TEST_CASE("a row of which the loss is worth nothing gets no gradient, and cross entropy's gradient works in place") {
  Pool pool(1);
  const std::vector<std::int32_t> labels{1, 0};
  const std::vector<float> g{0, -2};
  for (const Isa isa : all_isas()) {
    std::vector<float> x{300, -300, 5, 7, 7, -infinity};
    softmax_cross_entropy_gradient(pool, isa, 2, 3, x.data(), labels.data(), g.data(), x.data());
    CHECK(x == std::vector<float>{0, 0, 0, 1, -1, 0});
  }
}

TEST_CASE("log_softmax agrees with double, has the same bits everywhere, and works in place") {
  Pool pool(2);
  for (const auto& [rows, N] : shapes)
    for (const float scale : {1.0f, 30.0f, 1000.0f}) {
      const std::vector<float> x = noise(rows * N, scale);
      std::vector<float> first;
      for (const Isa isa : all_isas()) {
        std::vector<float> y = x;
        log_softmax(pool, isa, rows, N, y.data(), y.data());
        if (first.empty()) first = y;
        CHECK(same_bits(y, first));
      }
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double exact = x[i] - log_sum_exp(&x[i / N * N], N);
        wrong += !(std::abs(first[i] - exact) <= 0x1p-23 * (8 + std::abs(exact)));
      }
      CAPTURE(rows, N, scale);
      CHECK(wrong == 0);
    }
}

TEST_CASE("cross entropy refuses a label that is not a class, and says which") {
  Pool pool(2);
  const std::vector<float> x(20), g(2, 1);
  std::vector<float> y(20);
  for (const std::int32_t bad : {-1, 10}) {
    const std::vector<std::int32_t> labels{0, bad};
    CHECK_THROWS_WITH(softmax_cross_entropy(pool, best_isa(), 2, 10, x.data(), labels.data(), y.data()),
                      Catch::Contains("label " + std::to_string(bad) + " of row 1"));
    CHECK_THROWS_AS(
        softmax_cross_entropy_gradient(pool, best_isa(), 2, 10, x.data(), labels.data(), g.data(), y.data()),
        InputError);
  }
}

TEST_CASE("row kernels take empty inputs") {
  Pool pool(2);
  std::vector<float> y(3, nan_value);
  softmax(pool, best_isa(), 0, 3, nullptr, y.data());
  softmax(pool, best_isa(), 3, 0, nullptr, y.data());
  CHECK(std::isnan(y[0]));  // nothing to write
}

TEST_CASE("exponentials of a row vanish where floats would be subnormal, in every place of the row") {
  Pool pool(1);
  for (const Isa isa : all_isas())
    for (const std::size_t N : {5u, 33u, 300u, 2050u})
      for (std::size_t at = 0; at < N; ++at) {
        std::vector<float> x(N, -88.0f), y(N);
        x[at] = 0;
        softmax(pool, isa, 1, N, x.data(), y.data());
        CHECK(std::ranges::count(y, 0.0f) == static_cast<std::ptrdiff_t>(N - 1));
        CHECK(y[at] == 1.0f);
      }
}
