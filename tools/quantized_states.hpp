#pragma once
// From the states of a model to the states of the same model in few bits.
#include "compiler/weight_codes.hpp"
#include "runtime/pool.hpp"
#include "runtime/states.hpp"

namespace vitrine {

/// How well a weight is kept.
struct WeightError {
  double squared_error = 0, squared_sum = 0;
};

/// Makes in `to` what quantized(forward, formats, ...) reads: codes and scales of each weight that has a format, and a
/// copy of every other state of the forward graph. States that are in `to` already are written anew. Throws InputError
/// for weights with NaN or infinity.
std::map<std::string, WeightError> quantize_states(const Graph& forward, const WeightFormats&, const States& from,
                                                   States& to, Pool&);

}  // namespace vitrine
