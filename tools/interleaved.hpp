#pragma once
// Ours and the peers' samples in turns, so that a busy spell of the machine meets them all.
#include "runtime/provider.hpp"
#include "tools/measured.hpp"
#include "tools/workloads.hpp"

namespace vitrine {

struct MeasureOptions {
  int repeats = 15;
  std::vector<int> threads{1, 2};
  std::vector<std::string> providers{"auto"};  // ours: whose loops run products and convolutions
  std::vector<std::string> peers{};            // that are here
  bool ungrouped = false;                      // ours without fusion too, as if it were a peer
};

/// A row for each number of threads, provider and promising way of a peer.
std::vector<Measured> measure_interleaved(const Workload&, const MeasureOptions&);

/// A row of milliseconds and one of MiB at its peak for a whole process, ours and, if it is among the peers, PyTorch's.
std::vector<Measured> measure_processes(const MeasureOptions&);

}  // namespace vitrine
