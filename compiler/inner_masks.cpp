#include "compiler/inner_masks.hpp"

#include "compiler/kernel_nodes.hpp"
#include "compiler/rewriter.hpp"

namespace vitrine {

InnerMasks::InnerMasks(const Graph& graph) {
  const std::vector<Value> order = graph.topological();
  for (Value v : order)
    if (is_mask(v) && computes_numbers(v) && !is_result(v) && graph.users(v).size() == 1) masks_.insert(v.id);
  for (std::size_t before = 0; before != masks_.size();) {
    before = masks_.size();
    for (Value v : order)
      if (masks_.contains(v.id) && !stays(v)) masks_.erase(v.id);
  }
}

bool InnerMasks::inner(Value v) const { return !is_mask(v) || masks_.contains(v.id); }

bool InnerMasks::stays(Value mask) const {
  const Value reader = mask.graph->users(mask)[0];
  const auto is_inner = [&](Value v) { return inner(v); };
  return computes_numbers(reader) && reader.type().shape == mask.type().shape && inner(reader) &&
         std::ranges::all_of(reader.operands(), is_inner) && std::ranges::all_of(mask.operands(), is_inner);
}

}  // namespace vitrine
