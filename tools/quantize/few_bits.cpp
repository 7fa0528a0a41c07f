#include "tools/quantize/few_bits.hpp"

#include <algorithm>
#include <limits>

#include "runtime/aligned_bytes.hpp"
#include "tools/model_training.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

void put(States& to, const std::string& name, const Type& type, const std::vector<std::byte>& bytes) {
  if (name.empty() || bytes.empty()) return;
  const auto held = std::make_shared<AlignedBytes>(bytes.size());
  std::ranges::copy(bytes, held->data());
  to.hold(name, type, {held->data(), bytes.size()}, held);
}

/// The same memory under the same name.
void share(States& from, const std::string& name, States& to) {
  const States::Held& held = from.held(name);
  to.hold(name, held.type, {held.elements, held.type.bytes()}, held.owner);
}

const QuantizableWeight& named_in(const std::vector<QuantizableWeight>& weights, const std::string& name) {
  const auto found = std::ranges::find(weights, name, &QuantizableWeight::name);
  if (found == weights.end()) throw UsageError("there is no weight '" + name + "' that could be in few bits");
  return *found;
}

}  // namespace

ModelInFewBits::ModelInFewBits(const Graph& forward, const QuantizationScheme& scheme, States& f32, Pool& pool)
    : forward_(forward), f32_(f32), pool_(pool), scheme_(scheme), weights_(quantizable_weights(forward)) {
  if (weights_.empty())
    throw UsageError("graph '" + forward.name() +
                     "' has no weight that can be in few bits: one that products, convolutions or tables read");
  for (const auto& [name, format] : formats_of(weights_, scheme)) set_format(name, format);
  renew();
}

WeightFormat ModelInFewBits::format(const std::string& weight) const {
  const auto found = formats_.find(weight);
  return found == formats_.end() ? WeightFormat{.precision = Precision::f32} : found->second;
}

void ModelInFewBits::set_format(const std::string& weight, const WeightFormat& format) {
  const QuantizableWeight& of = named_in(weights_, weight);
  formats_.erase(weight), codes_.erase(weight), errors_.erase(weight);
  if (format.precision != Precision::f32) {
    formats_[weight] = format;
    const WeightCodes made = quantize_weight(of, format, floats_in(static_cast<const States&>(f32_).bytes(weight)),
                                             [&](std::size_t parts, const std::function<void(std::size_t)>& body) {
                                               pool_.run(parts, [&](std::size_t part, std::size_t) { body(part); });
                                             });
    const WeightStates states = vitrine::states_of(of, format);
    States& codes = *codes_.emplace(weight, std::make_unique<States>()).first->second;
    put(codes, states.codes_name, states.codes, made.codes);
    put(codes, states.scales_name, states.scales, made.scales);
    put(codes, states.zeros_name, states.zeros, made.zeros);
    errors_[weight] = {made.squared_error, made.squared_sum};
  }
  if (states_) renew();
}

void ModelInFewBits::renew() {
  graph_ = quantized(forward_, formats_, scheme_.row_bits);
  states_ = std::make_unique<States>(states_of(graph_));
}

States ModelInFewBits::states_of(const Graph& graph) {
  States made;
  for (Value v : graph.topological()) {
    if (v.node().leaf != Leaf::state) continue;
    const std::string& name = v.node().name;
    if (f32_.contains(name)) {
      share(f32_, name, made);
      continue;
    }
    for (const auto& [weight, codes] : codes_)
      if (codes->contains(name)) share(*codes, name, made);
  }
  return made;
}

Graph ModelInFewBits::alone(const std::string& weight) const {
  return quantized(forward_, {{weight, format(weight)}}, scheme_.row_bits);
}

double ModelInFewBits::decibels(const std::string& weight) const {
  const auto found = errors_.find(weight);
  if (found == errors_.end()) return std::numeric_limits<double>::infinity();
  return signal_to_noise(found->second.squared_sum, found->second.squared_error);
}

std::size_t bytes_of(const QuantizableWeight& weight, const WeightFormat& format) {
  if (format.precision == Precision::f32) return weight.type.bytes();
  const WeightStates states = states_of(weight, format);
  return states.codes.bytes() + (states.has_scales() ? states.scales.bytes() : 0) +
         (states.has_zeros() ? states.zeros.bytes() : 0);
}

WeightFormat more_precise(const WeightFormat& format) {
  if (format.precision == Precision::int4) return scheme_named("int8").weights;
  return {.precision = Precision::f32};
}

}  // namespace vitrine
