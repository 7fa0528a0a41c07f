#pragma once
// Where a program's time goes: every step measured, held against what it needs and what the machine can do.
#include <optional>

#include "tools/machine_limits.hpp"
#include "tools/refused_fusions.hpp"
#include "tools/step_facts.hpp"
#include "tools/step_timing.hpp"

namespace vitrine {

struct ProfiledStep {
  StepFacts facts{};
  Choice choice{};         // kernel, prediction and reason
  double nanoseconds = 0;  // measured
  double share = 0;        // of all steps' time
  std::size_t level = 0;   // of the limits' levels: the first that holds all that the step reads and writes
  double compute_limit = 0, memory_limit = 0;  // nanoseconds that it must take, for its operations and for its bytes

  bool compute_bound() const { return compute_limit > memory_limit; }
  double limit() const { return std::max(compute_limit, memory_limit); }
};

struct Profile {
  std::string model{}, graph{}, provider{}, isa{};  // graph: "train", "forward", or empty for a file
  int threads = 1;
  std::size_t arena_bytes = 0, steps_at_load = 0;
  KnownLimits known{};
  StepTiming timing{};
  std::vector<ProfiledStep> steps{};  // in the order of the run
  std::vector<RefusedFusion> refused{};

  /// Of predicted and measured times; nothing where either is the same for all steps.
  std::optional<double> rank_correlation() const;
  /// The numbers of `steps` with the most time, the most first: so many, or with 0 as few as take 95 % of it.
  std::vector<std::size_t> most_expensive(std::size_t count) const;
  double steps_total() const;
};

/// A graph and the record of how it was made, compiled, loaded and measured. `timing` belongs to `program`.
Profile profile_of(const Graph&, const Record&, const Program&, StepTiming timing, KnownLimits);

/// "L2", "L3", "memory".
std::string_view level_name(std::size_t level);

std::string table(const Profile&, std::size_t top);
std::string json(const Profile&);

}  // namespace vitrine
