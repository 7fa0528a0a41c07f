#pragma once
// The codes of a weight: from floats to few bits.
#include <functional>
#include <span>

#include "compiler/quantization.hpp"

namespace vitrine {

/// What a weight becomes. Elements as states hold them; `zeros` and `scales` are empty where the format has none.
struct WeightCodes {
  std::vector<std::byte> codes, scales, zeros;
  double squared_error = 0, squared_sum = 0;  // of all elements: signal to noise is their ratio
};

/// Runs body(part) for each part below `parts`, in any order, maybe on several threads.
using ForEachPart = std::function<void(std::size_t parts, const std::function<void(std::size_t part)>& body)>;

/// Codes are rounded to nearest, of two to the even one, and stop at the ends of their range; a group of equal numbers
/// and one of zeros are exact but for the rounding of their scale. The same bits however the parts are run. Throws
/// InputError, which names weight and element, for one that holds NaN or infinity.
WeightCodes quantize_weight(const QuantizableWeight&, const WeightFormat&, std::span<const float> elements,
                            const ForEachPart& = {});

/// Ten times the logarithm to base 10 of signal over noise, in decibels; infinite where there is no error.
double signal_to_noise(double squared_sum, double squared_error);

}  // namespace vitrine
