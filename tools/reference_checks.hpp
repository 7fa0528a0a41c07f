#pragma once
// What gates hold a trained model against: each op's own definition, without passes, plan or kernels.
#include <map>
#include <span>
#include <string>

#include "runtime/states.hpp"
#include "tools/data/dataset.hpp"
#include "vitrine/graph.hpp"

namespace vitrine {

/// The length of the loss's gradient for each parameter, where the parameters are now, for a batch with as many
/// examples as the graph takes. One that is 0 everywhere cannot be learned; one that nothing reads has none and is left
/// out.
std::map<std::string, double> gradient_norms(const Graph& forward, const States&, const Batch&);

/// The output "loss", computed in double.
double reference_loss(const Graph& forward, const States&, const Batch&);

/// The Euclidean length of a tensor's elements.
double norm(std::span<const float>);

}  // namespace vitrine
