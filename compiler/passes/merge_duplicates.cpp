// Common subexpressions: two nodes with equal ops and equal operands are one. The builder makes no twins; rewriting
// does.
//   %3 = matmul(%0, %1)   %4 = matmul(%0, %1)   =>   every use of %4 becomes a use of %3
#include <unordered_map>

#include "compiler/call_hash.hpp"
#include "compiler/passes.hpp"

namespace vitrine {

void merge_duplicates(Graph& graph, Rewriter& rewriter) {
  std::unordered_multimap<std::size_t, Value> kept;
  for (Value v : graph.topological()) {
    if (!v.op() || !is_used(v)) continue;
    Value twin;
    const std::size_t key = call_hash(*v.op(), v.operands());
    const auto [first, last] = kept.equal_range(key);
    for (auto at = first; at != last; ++at)
      if (*at->second.op() == *v.op() && at->second.operands() == v.operands()) twin = at->second;
    if (twin)
      rewriter.replace(v, twin, "f(x), f(x) => f(x)");
    else
      kept.emplace(key, v);
  }
}

}  // namespace vitrine
