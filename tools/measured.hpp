#pragma once
#include <string>
#include <vector>

namespace vitrine {

/// What one program needed for one workload.
struct Measured {
  std::string work, peer, variant, unit;  // "W2", "torch", "channels_last", "ms"
  int threads = 1;
  std::vector<double> samples{};
  std::vector<double> busy{};  // processor time per wall time, of each sample where it is known

  /// In a unit of speed more is better.
  bool more_is_better() const { return unit.ends_with("/s"); }
  double best() const;
  double median() const;
  /// How many times as fast as the other, median against median; both are of one unit.
  double times_as_fast_as(const Measured& other) const;
};

/// The middle sample, or the mean of the two in the middle.
double median(std::vector<double> samples);

/// So much of the processor time it asked for must a run have had, or another program was in its way.
inline constexpr double undisturbed = 0.9;

/// Whether samples had that, the middle one of them.
bool had_its_threads(const std::vector<double>& busy, int threads);

}  // namespace vitrine
