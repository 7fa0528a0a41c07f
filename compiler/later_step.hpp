#pragma once
#include "compiler/step_order.hpp"

namespace vitrine {

/// Whether an elementwise value is better made by the step that reads it than by the one that makes what it reads.
class LaterStep {
 public:
  LaterStep(const Graph& graph, StepOrder& steps) : graph_(graph), steps_(steps) {}

  /// A reader of v, if none of its readers can be in the producer's step, so that v would be stored for them, while
  /// what v reads is stored anyway and is no more than v written and read. Else empty.
  Value of(Value producer, Value v) { return of(producer, v, most_links); }

 private:
  static constexpr int most_links = 4;       // of a chain that goes to its reader as a whole
  static constexpr int most_looked_at = 64;  // nodes of a reader's kernel

  Value of(Value producer, Value v, int links);
  bool reads_stored(Value v);
  bool is_stored(Value operand, Value but_for);
  bool waits(Value reader, Value producer, Value but_for);
  bool leads_to(Value producer, Value v);

  const Graph& graph_;
  StepOrder& steps_;
};

/// The node of a step that no kernel computes and that is no sink of it, or empty. Groups that a text came with may
/// have any, not only one that a pass would choose.
Value head_of(const std::vector<Value>& step);
bool is_sink_of(Value, const std::vector<Value>& step);

}  // namespace vitrine
