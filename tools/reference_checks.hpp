#pragma once
// What gates hold a trained model against: each op's own definition, without passes, plan or kernels.
#include <map>
#include <span>
#include <string>

#include "runtime/states.hpp"
#include "vitrine/graph.hpp"

namespace vitrine {

/// One batch for the inputs "image" and "label", as many as the graph takes.
struct ImageBatch {
  std::span<const float> images;
  std::span<const std::int32_t> labels;
};

/// The length of the loss's gradient for each parameter, where the parameters are now. One that is 0 everywhere cannot
/// be learned; one that nothing reads has none and is left out.
std::map<std::string, double> gradient_norms(const Graph& forward, const States&, const ImageBatch&);

/// The output "loss", computed in double.
double reference_loss(const Graph& forward, const States&, const ImageBatch&);

/// The Euclidean length of a tensor's elements.
double norm(std::span<const float>);

}  // namespace vitrine
