#pragma once
// A workload of ours, made ready to run again and again on made-up data.
#include <memory>

#include "runtime/provider.hpp"
#include "tools/workloads.hpp"

namespace vitrine {

class Timed {
 public:
  virtual ~Timed() = default;
  virtual void run() = 0;

  struct Sample {
    double milliseconds = 0, busy = 0;  // of one run; processor time per wall time
  };
  /// The mean of as many runs as fill 50 ms, at least one.
  Sample measure();

 private:
  int together_ = 0;  // runs of a sample, once that is known
};

/// The workload, compiled for so many threads. Of whose loops run products and convolutions the provider decides. Not
/// grouped, every node is a step of its own.
std::unique_ptr<Timed> timed(const Workload&, int threads, Provider = Provider::automatic, bool grouped = true);

}  // namespace vitrine
