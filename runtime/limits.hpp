#pragma once
// What this machine can do at most: by small loops of ours, and not by its data sheet, which knows neither its
// neighbours nor its hypervisor.
#include <array>
#include <cstddef>

#include "runtime/isa.hpp"
#include "runtime/limits_table.hpp"
#include "runtime/pool.hpp"

namespace vitrine {

/// A place where data can be: caches of the second level (each core has its own), the last cache, memory.
struct MemoryLevel {
  double bytes = 0;  // that it holds for all threads together; infinite for memory
  double read = 0;   // bytes a nanosecond
  double copy = 0;   // bytes read and bytes written, together
  bool operator==(const MemoryLevel&) const = default;

  /// The least time to read and to write so many bytes: what is written goes at the speed of a copy with as much of
  /// what is read, the rest of that at the speed of reading.
  double nanoseconds(double bytes_read, double bytes_written) const;
};

struct MachineLimits {
  double flops = 0;                     // a nanosecond: multiply-adds in registers, each two operations
  std::array<MemoryLevel, 3> levels{};  // the fastest and smallest first
  bool operator==(const MachineLimits&) const = default;

  /// The first level that holds so many bytes.
  std::size_t level_for(double bytes) const;
};

/// The loops that measure them.
LimitsTable limits_table(Isa);

/// With as many threads as the pool has. About half a second: the best of several tries each, for limits are what is
/// reached when nobody disturbs.
MachineLimits measure_limits(Pool&, Isa);

}  // namespace vitrine
