#pragma once
// How the error of few bits flows through a model: every value of the quantized graph beside what it is in f32.
#include "compiler/picture.hpp"
#include "compiler/reference.hpp"
#include "runtime/states.hpp"

namespace vitrine {

/// Signal to quantization noise of each value, in decibels, by the node's id in the quantized graph; infinite where
/// nothing is lost. A value that has no counterpart in f32 (codes, scales) has no entry.
using ErrorFlow = std::map<std::uint32_t, double>;

/// Elements of inputs by name, as programs are given them.
using ExampleInputs = std::map<std::string, std::vector<std::byte>>;

/// Both graphs are run by their definitions on the same inputs. `after` is quantized(before, ...), at the same sizes.
ErrorFlow error_flow(const Graph& before, const States& f32, const Graph& after, const States& few,
                     const ExampleInputs&);

/// The quantized graph's picture: each value in the colour of its error, with its decibels; on what holds scales, from
/// which to which they go.
Paint error_paint(const Graph& after, const ErrorFlow&, const States& few);

}  // namespace vitrine
