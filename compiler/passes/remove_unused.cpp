// A node that nothing reads goes; users before operands, so that a dead chain goes in one sweep. Inputs and states
// stay: they belong to the caller.
//   %3 = matmul(%0, %1)   and no %3 after it   =>   nothing
#include <ranges>

#include "compiler/passes.hpp"

namespace vitrine {

void remove_unused(Graph& graph, Rewriter& rewriter) {
  const auto order = graph.topological();
  for (Value v : order | std::views::reverse) {
    const bool belongs_to_caller = v.node().leaf == Leaf::input || v.node().leaf == Leaf::state;
    if (!belongs_to_caller && !is_used(v)) rewriter.erase(v, "unread => nothing");
  }
}

}  // namespace vitrine
