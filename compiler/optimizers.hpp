#pragma once
// Optimizers as graph nodes: a training step (forward, gradient, update in place) is one graph.
#include "compiler/passes.hpp"
#include "vitrine/optimizer.hpp"

namespace vitrine {

/// Runs recognition_pipeline over a forward graph that is to be differentiated: its parts are not read by gradients
/// yet, and what is told to be an op has that op's derivative. Hands out what it did.
Record recognize(Graph& forward, const PipelineOptions& = {});

/// The forward graph, recognized, with gradients of its output "loss" and an update of every parameter (every f32
/// state) but those in `frozen`. Optimizer states are named for what they belong to: "adam.m:up.weight",
/// "momentum:up.weight", "accumulated:up.weight"; "optimizer.step" counts updates, "optimizer.run" the runs since the
/// last.
Graph training_step(const Graph& forward, const Optimizer&, std::span<const std::string> frozen = {});
/// The same of a forward graph as it is: recognized already, or not to be.
Graph differentiated_step(const Graph& forward, const Optimizer&, std::span<const std::string> frozen = {});

/// The forward graph as it is with the gradient of output "loss" for every parameter but those in `without` as output
/// "d <parameter>".
Graph with_gradients(const Graph& forward, std::span<const std::string> without = {});

}  // namespace vitrine
