#pragma once
#include <vector>

#include "runtime/kernel_part.hpp"
#include "runtime/sink.hpp"

namespace vitrine {

/// A step's sinks as their loops see them.
std::vector<Sink> sinks_of(const Step&);

/// Their results over the iteration, without data.
std::vector<FloatView> views_of_sinks(const Step&);

}  // namespace vitrine
