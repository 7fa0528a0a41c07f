#pragma once
#include "runtime/program.hpp"

namespace vitrine {

/// How long the steps of a program take, in nanoseconds, each a median.
struct StepTiming {
  std::vector<double> steps{};  // in the order of Program::steps(), without the look at the clock
  double whole = 0;             // a run without a look at the clock
  double watched = 0;           // a run with one before each step
  double on_core = 1;           // share of the time that the calling thread had a core and did not wait for one
  double look = 0;              // at the clock: what it costs, and how finely it tells
  std::size_t runs = 0;         // with a clock; as many without one
};

/// Runs with and without a look at the clock in turns, so that a busy spell of the machine meets both. Each repeat
/// takes 20 ms, or one run of each. `after_each` is called after each repeat.
StepTiming time_steps(Program&, int repeats, const std::function<void()>& after_each);

}  // namespace vitrine
