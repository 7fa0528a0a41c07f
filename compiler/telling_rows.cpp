#include "compiler/telling_rows.hpp"

#include <algorithm>
#include <cmath>
#include <ranges>

namespace vitrine {

TellingRows::TellingRows(std::size_t N) {
  const auto number = [](std::size_t i, std::size_t seed) {  // in [-1, 1], without a pattern
    return std::sin(static_cast<double>(i * 7919 + seed * 104729 + 1)) * 0.999;
  };
  for (const auto& [scale, mean] :
       {std::pair{1., 0.}, {3., 0.5}, {0.1, -2.}, {2., 1000.}, {1., 2e4}, {1000., 0.}, {0.01, 30.}}) {
    Row& row = rows.emplace_back(N);
    for (std::size_t i = 0; i < N; ++i) row[i] = scale * number(i, rows.size()) + mean;
  }
  rows.push_back(rows[0]);
  std::ranges::fill(rows.back() | std::views::take(N / 2 + 1), 1.);  // ties, of the largest number too
}

bool agree(const Row& a, const Row& b) {
  double largest = 0;
  for (const double x : b) largest = std::max(largest, std::abs(x));
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!(std::abs(a[i] - b[i]) <= 1e-9 * largest + 1e-300)) return false;
  return true;
}

}  // namespace vitrine
