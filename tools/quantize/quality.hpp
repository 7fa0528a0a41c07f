#pragma once
// How a model in few bits answers, beside itself in f32, on data that neither has learned from.
#include <string>

#include "tools/quantize/score_comparison.hpp"
#include "tools/quantize/statistics.hpp"

namespace vitrine {

struct Quality {
  std::size_t groups = 0, rows = 0;               // texts and their places; or images, each a group of its own
  double loss_before = 0, loss_after = 0;         // mean nats a row
  Estimate loss_difference{};                     // after - before, paired by group
  Estimate divergence{};                          // KL(before || after), nats a row
  Estimate same_top{};                            // share of rows whose likeliest answer is the same
  std::size_t right_before = 0, right_after = 0;  // rows whose likeliest answer is what was there
  Flips flips{};

  double perplexity_before() const;
  double perplexity_after() const;
  /// In percent of what it was: 0.03 for 3.1 becoming 3.10093.
  double perplexity_change() const;
  double accuracy_before() const;  // in percent
  double accuracy_after() const;
  double accuracy_change() const;  // in points
};

/// Adds up rows, group by group.
class QualitySums {
 public:
  void begin_group();
  void add(const RowDifference&, std::int32_t truth);
  Quality result() const;

 private:
  Quality counted_{};
  double loss_before_ = 0, loss_after_ = 0;
  std::vector<GroupSum> difference_{}, divergence_{}, same_top_{};
};

}  // namespace vitrine
