#pragma once
#include <vector>

#include "vitrine/graph.hpp"

namespace vitrine {

/// Where ways through a graph come together again: a node lies on every way from a value to the graph's results, and
/// the nearest such node is where all that reads the value meets. By dominators of the graph turned round (Lengauer and
/// Tarjan, A fast algorithm for finding dominators in a flowgraph, 1979).
class PostDominators {
 public:
  explicit PostDominators(const Graph&);
  /// The nearest node that every way from v to a result goes through; empty if there is none, or v leads nowhere.
  Value meets(Value v) const;

 private:
  const Graph* graph_;
  std::vector<std::uint32_t> next_;  // by node id; end_of_ids: none
};

}  // namespace vitrine
