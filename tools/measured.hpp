#pragma once
#include <string>
#include <vector>

namespace vitrine {

/// What one program needed for one workload.
struct Measured {
  std::string work, peer, variant, unit;  // "W2", "torch", "channels_last", "ms"
  int threads = 1;
  std::vector<double> samples{};
};

/// The middle sample, or the mean of the two in the middle.
double median(std::vector<double> samples);

}  // namespace vitrine
