#pragma once
// Two models' scores for the same rows, held against each other.
#include <optional>

#include "runtime/program.hpp"

namespace vitrine {

/// What two models say about one row: a place in a text, or an image.
struct RowDifference {
  float loss_before = 0, loss_after = 0;  // nats, of what was there in truth
  float divergence = 0;                   // KL(before || after) of their probabilities, in nats
  std::int32_t top_before = 0, top_after = 0;
};

/// A small graph of our own does it: log_softmax of both, the losses, sum of p (log p - log q), the likeliest.
class ScoreComparison {
 public:
  ScoreComparison(std::size_t rows, std::size_t kinds, Pool&);
  // The program reads the states where they are.
  ScoreComparison(const ScoreComparison&) = delete;
  ScoreComparison& operator=(const ScoreComparison&) = delete;

  /// Scores f32[rows, kinds] of both and what was there, i32[rows]; until the next run.
  void run(const float* before, const float* after, const std::int32_t* truth);
  RowDifference row(std::size_t) const;

 private:
  States states_{};  // it has none
  std::optional<Program> program_{};
};

}  // namespace vitrine
