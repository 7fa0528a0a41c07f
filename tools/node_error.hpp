#pragma once
// How far a value is from what it should be: as the compiled program makes it, at small sizes, beside the model's own
// definitions in double.
#include "tools/life.hpp"

namespace vitrine {

struct NodeError {
  std::string not_measured{};  // why; empty if it was
  std::string type{};          // at the sizes it was measured at
  std::size_t elements = 0, at = 0;
  double largest = 0;      // absolute difference to double
  double scale = 0;        // the largest absolute value there, in double
  double reference = 0;    // the largest difference of the same definitions in f32: what rounding alone makes
  double share = 0;        // of what rounding allows
  std::size_t differ = 0;  // of a mask or whole numbers: elements that are not the same
  bool numbers = true;     // f32, and so all but `differ` is meant
  bool alone = false;      // its step stores it nowhere: measured in a program that runs each op as a step
};

/// `small`: the compilation at these sizes; `life` of the value in it.
NodeError error_of(const Compilation& small, const Life&, std::uint64_t seed, int threads);

}  // namespace vitrine
