#include "tools/quantize/statistics.hpp"

#include <cmath>

namespace vitrine {

Estimate mean_over(const std::vector<GroupSum>& groups) {
  double sum = 0, count = 0;
  for (const GroupSum& group : groups) sum += group.sum, count += group.count;
  if (count == 0) return {};
  const double mean = sum / count;
  double squares = 0;
  for (const GroupSum& group : groups) squares += std::pow(group.sum - mean * group.count, 2);
  const auto n = static_cast<double>(groups.size());
  return {mean, n < 2 ? 0 : std::sqrt(squares * n / (n - 1)) / count};
}

double p_value(const Estimate& estimate) {
  if (estimate.error == 0) return estimate.mean == 0 ? 1 : 0;
  return std::erfc(std::abs(estimate.mean) / estimate.error / std::sqrt(2.));
}

double Flips::p() const {
  const auto n = static_cast<double>(lost + gained);
  double sum = 0;  // of so few or fewer on the rarer side, each side with probability 1/2
  for (std::size_t k = 0; k <= std::min(lost, gained); ++k) {
    const auto few = static_cast<double>(k);
    sum += std::exp(std::lgamma(n + 1) - std::lgamma(few + 1) - std::lgamma(n - few + 1) - n * std::log(2.));
  }
  return std::min(1., 2 * sum);
}

}  // namespace vitrine
