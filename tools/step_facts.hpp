#pragma once
// What a step of a plan is and needs, by its graph and its types alone.
#include "vitrine/graph.hpp"
#include "vitrine/plan.hpp"

namespace vitrine {

struct StepFacts {
  std::size_t number = 0;                                           // among the plan's steps
  std::vector<std::pair<std::uint32_t, std::string_view>> nodes{};  // id and op of what it computes
  std::string what{};                                               // "matmul + add, relu"; "copy"
  std::string module{};  // of the node that leads, "blocks.0.attention"; or the state that it writes
  Phase phase = Phase::forward;
  Kind kind = Kind::layout;
  double operations = 0;  // as compiler/cost.hpp counts them
  /// What has to come and go at least: each operand once, of one that is repeated what is there, of a table as many
  /// rows as are picked; each result once. What a kernel packs for itself is not counted.
  double bytes_read = 0, bytes_written = 0;
};

/// What is said of a step beside its module: " (gradient)", " (update)", or nothing.
std::string_view side_of(Phase);

/// Step `number` of the plan that this graph was compiled to.
StepFacts facts_of(const Graph&, const Plan&, std::size_t number);

}  // namespace vitrine
