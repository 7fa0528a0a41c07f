// The graph of a model in use. It means something else on purpose: dropout is away, batch norm reads its running
// statistics, and no state changes. remove_unused takes what only training needed; then states that nothing reads go.
//   %3 = when_training(%1, %2)        =>   %2
//   update %mean = %4                 =>   nothing: the state keeps its value
//   state %step, and nothing reads it =>   nothing
#include "compiler/passes.hpp"
#include "vitrine/ops/when_training.hpp"

namespace vitrine {

void inference(Graph& graph, Rewriter& rewriter) {
  for (Value v : graph.topological())
    if (as<WhenTraining>(v) && is_used(v)) rewriter.replace(v, v.operands()[1], "when_training(x, y) => y");
  const auto updates = graph.updates();  // a copy: the list shrinks
  for (const auto& [state, next] : updates) rewriter.keep(state, "a state's update => nothing");
  for (Value v : graph.topological())
    if (v.node().leaf == Leaf::state && !is_used(v)) rewriter.erase(v, "a state that nothing reads => nothing");
}

}  // namespace vitrine
