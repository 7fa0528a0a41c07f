#pragma once
// observe -> choose -> insert, measured; and back to more bits where that lost too much.
#include <functional>

#include "tools/progress.hpp"
#include "tools/quantize/bounds.hpp"
#include "tools/quantize/error_flow.hpp"
#include "tools/quantize/few_bits.hpp"

namespace vitrine {

/// A model to be quantized, and how it is held against what it becomes. What it refers to outlives it.
struct Subject {
  std::string name{};  // of the project
  const Graph& forward;
  States& states;  // f32
  Pool& pool;
  bool classifies = false;
  std::string data{}, data_checksum{};  // what it is measured on, in words
  std::size_t groups = 0, glanced = 0;  // how many texts or images that are, and how many of them a glance looks at
  std::string speed_unit{};             // "tokens/s"
  std::function<Quality(const Graph&, States&, const std::function<void(std::size_t)>& each)> measure{};
  /// KL on a small part of the data: what one weight alone costs.
  std::function<double(const Graph&, States&)> glance{};
  std::function<double(const Graph&, States&, bool cache_in_few_bits)> speed{};
  /// An example to look at value by value: a graph of the model at its sizes, and its inputs.
  std::function<Graph(const Graph&)> at_example{};
  ExampleInputs example{};
};

/// A weight and what it cost.
struct WeightReport {
  std::string name{};
  Shape shape{};
  WeightFormat format{};
  std::size_t bytes = 0;
  double decibels = 0;    // signal to quantization noise
  double divergence = 0;  // KL with this weight alone in few bits, on a glance
  double share = 0;       // of all such, in percent
};

/// A weight that got more bits back, and what was measured then.
struct Returned {
  std::string weight{};
  WeightFormat from{}, to{};
  double share = 0;
  std::int64_t bytes = 0;  // what it cost; small groups of few bits can take more than large ones of more
  Quality quality{};
};

struct QuantizedOutcome {
  std::unique_ptr<ModelInFewBits> model{};
  Quality quality{};
  std::vector<WeightReport> weights{};  // the largest share first
  std::vector<Returned> returned{};
  std::vector<Bound> bounds{};
  std::size_t bytes_before = 0, bytes_after = 0;  // of all states of the graphs
  double arithmetic = 0;                          // bytes that the formats' bits make, beside what is f32
  double speed_before = 0, speed_after = 0;       // medians, in turns
  bool holds() const { return all_hold(bounds, quality); }
};

/// Quantizes and measures. While a bound does not hold, and `may_return`, the weight with the largest share of the loss
/// for each byte that the next format of more bits would cost gets it, one by one, and is said; all is measured again.
QuantizedOutcome quantize_model(const Subject&, const QuantizationScheme&, const std::vector<Bound>&, bool may_return);

}  // namespace vitrine
