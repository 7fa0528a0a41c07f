#pragma once
#include "compiler/reference.hpp"

namespace vitrine {

/// The graph at small sizes: each of these axes that occurs in it, if the ops allow it. For a traced forward graph.
Graph at_small_sizes(const Graph& forward, std::span<const Axis> sizes);

/// Values for a graph's inputs and states, from a seed: states as they are after one step from their beginning, inputs
/// drawn from N(0, 1), whole numbers as large as the ops take them, up to 31. InputError where they take none.
Values<float> small_values(const Graph&, std::uint64_t seed);

}  // namespace vitrine
