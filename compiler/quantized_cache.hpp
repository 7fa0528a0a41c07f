#pragma once
#include "compiler/continuation.hpp"

namespace vitrine {

/// What a graph that goes on (compiler/continuation.hpp) keeps of keys and values, in eight bits: each row becomes
/// codes and a scale when it is written, and attention reads these. A quarter of the memory, and of what each token
/// reads of it. What is kept for something else than attention_at, or not row by row, stays f32. Hands out how many
/// values are kept in few bits. Lossy: each row is rounded to 127 steps of its largest magnitude.
std::size_t quantize_cache(Graph& chunk, ContinuationReport* = nullptr);

/// A forward graph over whole sequences that computes what it would with such a cache: keys and values are rounded as
/// quantize_cache rounds them before attention reads them. To measure by what a cache in eight bits costs.
Graph with_rounded_keys_and_values(const Graph& forward);

}  // namespace vitrine
