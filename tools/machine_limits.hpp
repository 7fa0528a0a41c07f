#pragma once
#include <filesystem>
#include <string>

#include "runtime/limits.hpp"

namespace vitrine {

/// "AMD EPYC", as the processor calls itself.
std::string processor_name();

/// Where figures are kept between runs: vitrine in $XDG_CACHE_HOME, or in ~/.cache. Empty where neither is known.
std::filesystem::path cache_folder();

/// The limits of this machine, and where they come from.
struct KnownLimits {
  MachineLimits limits;
  std::filesystem::path file{};  // where they are kept; empty if nowhere
  bool measured = false;         // just now, and not read from the file
  bool disturbed = false;        // while others wanted the cores too: too low, perhaps, and so not kept
};

/// Read from the file in `folder` that belongs to this processor, instruction set and number of threads, or measured
/// and written there: the first time, where the file is damaged or of another processor, and if asked to. An empty
/// folder, or one that cannot be written to, keeps nothing; nor is kept what was measured on a busy machine. Tests
/// bring limits of their own.
KnownLimits machine_limits(Pool&, Isa, const std::filesystem::path& folder, bool measure_again = false,
                           MachineLimits (*measure)(Pool&, Isa) = measure_limits);

}  // namespace vitrine
