#include "compiler/clipping.hpp"

#include "vitrine/error.hpp"
#include "vitrine/ops/accumulate.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/div.hpp"
#include "vitrine/ops/maximum.hpp"
#include "vitrine/ops/minimum.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/sqrt.hpp"
#include "vitrine/ops/sum_to.hpp"

namespace vitrine {

Gradients clipped(const Clip& clip, Gradients gradients) {
  if (!(clip.norm >= 0) || !(clip.value >= 0))
    throw UsageError("optimizer: clip has a negative bound; 0 leaves gradients as they are");
  if (clip.value > 0)
    for (Value& g : gradients) g = maximum(minimum(g, clip.value), -clip.value);
  if (clip.norm > 0 && !gradients.empty()) {
    std::vector<Value> squares;
    for (Value g : gradients) squares.push_back(sum(g * g));
    const Value norm = sqrt(squares.size() == 1 ? squares[0] : accumulate(squares));
    const Value factor = minimum(clip.norm / (norm + 1e-6f), 1.f);
    for (Value& g : gradients) g = g * factor;
  }
  return gradients;
}

Gradients accumulated(Graph& graph, std::span<const Value> weights, const Gradients& gradients, const Clock& clock) {
  Gradients means;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const Graph::Scope scope(graph, weights[i].node().at.module, Phase::update, {weights[i].id});
    const Value before = graph.state("accumulated:" + weights[i].node().name, weights[i].type());
    const Value total = before + gradients[i];
    graph.update(before, chosen(clock.updates(), number(graph, 0), total));
    means.push_back(total * (1 / static_cast<float>(clock.runs_per_update())));
  }
  return means;
}

}  // namespace vitrine
