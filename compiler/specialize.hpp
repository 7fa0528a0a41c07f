#pragma once
#include "vitrine/graph.hpp"

namespace vitrine {

/// The same graph with other sizes: every axis with one of these names gets that size, in leaves and in attributes, and
/// every type is inferred again; so does an axis that is only another name of one of them (keys, which are the times of
/// a text). For a traced forward graph, before gradients and passes. Throws UsageError if a named
/// axis does not occur or an op refuses the new sizes.
Graph specialize(const Graph&, std::span<const Axis> sizes);

}  // namespace vitrine
