#include "tools/measured.hpp"

#include <algorithm>

namespace vitrine {

double Measured::best() const {
  const auto [least, most] = std::ranges::minmax(samples);
  return more_is_better() ? most : least;
}

double Measured::median() const { return vitrine::median(samples); }

double Measured::times_as_fast_as(const Measured& other) const {
  return more_is_better() ? median() / other.median() : other.median() / median();
}

double median(std::vector<double> samples) {
  std::ranges::sort(samples);
  const std::size_t n = samples.size();
  return n % 2 ? samples[n / 2] : (samples[n / 2 - 1] + samples[n / 2]) / 2;
}

bool had_its_threads(const std::vector<double>& busy, int threads) {
  return busy.empty() || median(busy) >= undisturbed * threads;
}

}  // namespace vitrine
