#pragma once
#include "compiler/rewriter.hpp"
#include "runtime/limits.hpp"
#include "vitrine/plan.hpp"

namespace vitrine {

/// A fusion that a pass turned down and that no other made up for: the value between the two steps goes through memory.
struct RefusedFusion {
  Refusal refusal;
  std::size_t from = 0, to = 0;           // the steps, by their number in the plan
  double bytes_read = 0, bytes_kept = 0;  // that the fusion would have saved: read again, and stored in the first place
  double nanoseconds = 0;                 // what those bytes cost at least
};

/// The one that would have saved most first; of several with the same value and step the first that was turned down.
std::vector<RefusedFusion> refused_fusions(const Graph&, const Record&, const Plan&, const MachineLimits&);

}  // namespace vitrine
