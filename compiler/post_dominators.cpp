#include "compiler/post_dominators.hpp"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/dominator_tree.hpp>

#include "compiler/read_elsewhere.hpp"

namespace vitrine {

PostDominators::PostDominators(const Graph& graph) : graph_(&graph), next_(graph.end_of_ids(), graph.end_of_ids()) {
  using Flow = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS>;
  const std::uint32_t exit = graph.end_of_ids();
  Flow turned(exit + 1);  // from results to what they are made of
  for (const auto& [name, v] : graph.outputs()) boost::add_edge(exit, v.id, turned);
  for (const auto& [state, next] : graph.updates()) boost::add_edge(exit, next.id, turned);
  // Nodes that lead nowhere are left out: an edge from what the exit does not reach would count as one more way.
  const Needed needed(graph);
  for (Value v : graph.topological())
    if (needed(v))
      for (Value operand : v.operands()) boost::add_edge(v.id, operand.id, turned);
  const auto none = boost::graph_traits<Flow>::null_vertex();
  std::vector<Flow::vertex_descriptor> dominator(exit + 1, none);
  boost::lengauer_tarjan_dominator_tree(
      turned, exit, boost::make_iterator_property_map(dominator.begin(), boost::get(boost::vertex_index, turned)));
  for (std::uint32_t id = 0; id < exit; ++id)
    if (dominator[id] != none) next_[id] = static_cast<std::uint32_t>(dominator[id]);
}

Value PostDominators::meets(Value v) const {
  return next_[v.id] == graph_->end_of_ids() ? Value{} : graph_->find(next_[v.id]);
}

}  // namespace vitrine
