#pragma once
#include <map>

#include "vitrine/graph.hpp"

namespace vitrine {

/// A tensor's elements per node id, dense and row-major; f32 elements are stored as Real (float, or double).
template <class Real> using Values = std::map<std::uint32_t, std::vector<std::byte>>;

/// Every node's value, from those of inputs and states, by each op's own definition, one after the other. Groups mean
/// nothing here. Constants come from the graph, and states are not changed: their next values are values like others.
/// Throws UsageError if a leaf is missing or has another size.
template <class Real> Values<Real> evaluate(const Graph&, const Values<Real>& leaves);

/// The same values for the other reference.
Values<double> widened(const Graph&, const Values<float>&);

extern template Values<float> evaluate<float>(const Graph&, const Values<float>&);
extern template Values<double> evaluate<double>(const Graph&, const Values<double>&);

}  // namespace vitrine
