#include "tools/axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vitrine {
namespace {

std::vector<Tick> linear_ticks(double low, double high, int wanted, double smallest_step) {
  const double rough = std::max(smallest_step, (high - low) / std::max(1, wanted));
  const double magnitude = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * magnitude;
  for (const double factor : {5.0, 2.0, 1.0})
    if (factor * magnitude >= rough * 0.999) step = factor * magnitude;
  // Counted, not added up: a step too small to change a large number would never end.
  const double first = std::ceil(low / step - 1e-9), last = std::floor(high / step + 1e-9);
  const bool plain = std::max(std::abs(low), std::abs(high)) < 1e6 && step >= 1e-5;
  const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
  std::vector<Tick> ticks;
  for (int i = 0; i <= static_cast<int>(std::min(last - first, 100.0)); ++i) {
    const double value = (first + i) * step;
    ticks.push_back({value, plain ? fmt::format("{:.{}f}", value, decimals) : number_text(value)});
  }
  return ticks;
}

std::vector<Tick> logarithmic_ticks(double low, double high, int wanted) {
  const int first = static_cast<int>(std::floor(std::log10(low)));
  const int last = static_cast<int>(std::ceil(std::log10(high)));
  const int stride = std::max(1, (last - first) / std::max(1, wanted));
  std::vector<Tick> ticks;
  for (int exponent = first; exponent <= last; exponent += stride) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (factor > 1 && last - first > 3) continue;
      const double value = factor * std::pow(10.0, exponent);
      if (value >= low * 0.999 && value <= high * 1.001) ticks.push_back({value, number_text(value)});
    }
  }
  return ticks;
}

}  // namespace

double PlotAxis::at(double value) const {
  const auto place = [this](double number) { return scale == Scale::linear ? number : std::log10(number); };
  return from + (to - from) * (place(value) - place(low)) / (place(high) - place(low));
}

std::vector<Tick> PlotAxis::ticks(int wanted) const {
  if (scale == Scale::logarithmic) return logarithmic_ticks(low, high, wanted);
  return linear_ticks(low, high, wanted, whole_numbers ? 1.0 : 0.0);
}

bool drawable(double value, Scale scale) {
  constexpr double largest = 1e300;
  if (!std::isfinite(value) || std::abs(value) > largest) return false;
  return scale == Scale::linear || value > 1e-300;
}

std::string number_text(double value) { return fmt::format("{:.4g}", value); }

}  // namespace vitrine
