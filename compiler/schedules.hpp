#pragma once
// What changes from update to update: the step number, the learning rate, and whether this run updates at all.
#include "vitrine/graph.hpp"
#include "vitrine/optimizer.hpp"

namespace vitrine {

/// Counts, in states of the graph, runs and updates. With accumulate = k, run number k, 2k, ... updates.
class Clock {
 public:
  /// Throws UsageError unless accumulate >= 1.
  Clock(Graph&, std::int64_t accumulate);

  bool accumulates() const { return accumulate_ > 1; }
  std::int64_t runs_per_update() const { return accumulate_; }
  /// The number of updates so far as f32[]; counted in i32, where adding 1 never stops to count.
  Value step();
  /// The state's next value: `next` in a run that updates, else what it was. The same nodes for every run; a select
  /// keeps the bits of what it was.
  void update(Value state, Value next);
  /// 1 in a run that updates, else 0; f32[]. Only where it accumulates.
  Value updates() const { return updates_; }

 private:
  Graph& graph_;
  std::int64_t accumulate_;
  Value updates_{}, updates_whole_{}, state_{};
};

/// a where the number `condition` (f32[]) is not 0, else b; as a formula, so that kernels need not store a mask.
Value chosen(Value condition, Value a, Value b);

/// The rate of this update: f32[]. Throws UsageError for a schedule that contradicts itself.
Value learning_rate(const Schedule&, Graph&, Clock&);

}  // namespace vitrine
