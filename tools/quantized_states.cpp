#include "tools/quantized_states.hpp"

#include <algorithm>
#include <memory>

#include "runtime/aligned_bytes.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

void put(States& to, const std::string& name, const Type& type, std::span<const std::byte> bytes) {
  if (to.contains(name)) return to.set(name, bytes);
  const auto held = std::make_shared<AlignedBytes>(std::max<std::size_t>(1, bytes.size()));
  std::ranges::copy(bytes, held->data());
  to.hold(name, type, {held->data(), bytes.size()}, held);
}

}  // namespace

std::map<std::string, WeightError> quantize_states(const Graph& forward, const WeightFormats& formats,
                                                   const States& from, States& to, Pool& pool) {
  std::map<std::string, WeightError> errors;
  const ForEachPart each = [&](std::size_t parts, const std::function<void(std::size_t)>& body) {
    pool.run(parts, [&](std::size_t part, std::size_t) { body(part); });
  };
  for (const QuantizableWeight& weight : quantizable_weights(forward)) {
    const auto format = formats.find(weight.name);
    if (format == formats.end()) continue;
    const auto bytes = from.bytes(weight.name);
    const WeightCodes made = quantize_weight(
        weight, format->second, {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)}, each);
    const WeightStates states = states_of(weight, format->second);
    put(to, states.codes_name, states.codes, made.codes);
    if (states.has_scales()) put(to, states.scales_name, states.scales, made.scales);
    if (states.has_zeros()) put(to, states.zeros_name, states.zeros, made.zeros);
    errors[weight.name] = {made.squared_error, made.squared_sum};
  }
  for (Value v : forward.topological()) {
    const std::string& name = v.node().name;
    if (v.node().leaf != Leaf::state || formats.contains(name) || !from.contains(name)) continue;
    put(to, name, from.type(name), from.bytes(name));
  }
  return errors;
}

}  // namespace vitrine
