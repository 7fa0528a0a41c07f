// A model is traced once, for training and for use; a compilation that was not asked for the one used is for training.
//   %3 = when_training(%1, %2)        =>   %1
#include "compiler/passes.hpp"
#include "vitrine/ops/when_training.hpp"

namespace vitrine {

void training(Graph& graph, Rewriter& rewriter) {
  for (Value v : graph.topological())
    if (as<WhenTraining>(v) && is_used(v)) rewriter.replace(v, v.operands()[0], "when_training(x, y) => x");
}

}  // namespace vitrine
