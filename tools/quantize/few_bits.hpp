#pragma once
// A model beside itself in few bits: what is in few bits is held here, all else stays where it lies.
#include "tools/quantized_states.hpp"

namespace vitrine {

class ModelInFewBits {
 public:
  /// Graph, states and pool must outlive this object, and so must what it hands out. InputError for a weight that holds
  /// NaN or infinity, UsageError for a model without a weight to quantize.
  ModelInFewBits(const Graph& forward, const QuantizationScheme&, States& f32, Pool&);

  const QuantizationScheme& scheme() const { return scheme_; }
  /// The weights that can be in few bits, in the order of the graph, and what became of each; f32 where nothing did.
  const std::vector<QuantizableWeight>& weights() const { return weights_; }
  const WeightFormats& formats() const { return formats_; }
  WeightFormat format(const std::string& weight) const;
  void set_format(const std::string& weight, const WeightFormat&);

  /// In use: graph and states. Until a format changes.
  const Graph& graph() const { return graph_; }
  States& states() { return *states_; }
  /// The same with one weight in few bits, and all others f32.
  Graph alone(const std::string& weight) const;
  States states_of(const Graph&);

  /// Signal to quantization noise in decibels; infinite for a weight that stayed.
  double decibels(const std::string& weight) const;

 private:
  void renew();

  const Graph& forward_;
  States& f32_;
  Pool& pool_;
  QuantizationScheme scheme_;
  std::vector<QuantizableWeight> weights_;
  WeightFormats formats_;
  std::map<std::string, std::unique_ptr<States>> codes_{};  // of each weight that has a format
  std::map<std::string, WeightError> errors_{};
  Graph graph_{};
  std::unique_ptr<States> states_{};
};

/// The bytes that a weight takes in a format, scales and all.
std::size_t bytes_of(const QuantizableWeight&, const WeightFormat&);
/// The next format of more bits, which loses less: int4, int8, f32.
WeightFormat more_precise(const WeightFormat&);

}  // namespace vitrine
