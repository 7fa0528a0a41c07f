#pragma once
// A reduction over any axes as reductions over one axis of three.
#include <vector>

#include "vitrine/type.hpp"

namespace vitrine {

/// Neighbouring axes that are all reduced or all kept, as one.
struct Run {
  bool reduced;
  std::size_t size;
};
std::vector<Run> runs_of(const Shape& x, const Shape& to);

/// x[outer, rows, columns] -> y[outer, columns].
struct Stage {
  std::size_t outer, rows, columns;
  std::size_t results() const { return outer * columns; }
};
/// One stage for each run that is reduced, the innermost first; one over a single row if there is none. What is reduced
/// to one number goes in pieces of its last axis first, so that who makes a matrix block by block can follow.
std::vector<Stage> stages_of(const Shape& x, const Shape& to);

/// For each `outer` of the first stage, where the kept axes before it begin in the result.
std::vector<std::size_t> results_of(const std::vector<Run>& runs, const Stage& first);

}  // namespace vitrine
