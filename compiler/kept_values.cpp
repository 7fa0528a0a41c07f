#include "compiler/kept_values.hpp"

#include <fmt/format.h>

#ifndef __clang__
// Of Boost's own code: an edge is read only where one was found, which g++ 12 does not see.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/boykov_kolmogorov_max_flow.hpp>

#include "compiler/cost.hpp"
#include "compiler/print.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// A core does some ten times as many operations in a second as it reads bytes from memory.
constexpr double bytes_of_operation = 0.1;
constexpr double endless = 1e18;

/// The network: an edge into each value for what it costs to compute, one through it for what it costs to keep.
class Network {
 public:
  explicit Network(std::size_t vertices) : graph_(vertices) {}

  void edge(std::size_t from, std::size_t to, double capacity) {
    const auto there = boost::add_edge(from, to, graph_).first, back = boost::add_edge(to, from, graph_).first;
    boost::put(boost::edge_capacity, graph_, there, capacity);
    boost::put(boost::edge_capacity, graph_, back, 0.0);
    boost::put(boost::edge_reverse, graph_, there, back);
    boost::put(boost::edge_reverse, graph_, back, there);
  }
  double flow(std::size_t source, std::size_t sink) { return boost::boykov_kolmogorov_max_flow(graph_, source, sink); }

  /// After the flow: from where the sink can still be reached, which is the smallest far side of a minimum cut.
  std::vector<bool> far_side(std::size_t sink) const {
    std::vector<bool> reached(boost::num_vertices(graph_));
    std::vector<std::size_t> waiting{sink};
    reached[sink] = true;
    while (!waiting.empty()) {
      const std::size_t at = waiting.back();
      waiting.pop_back();
      for (auto [edge, end] = boost::out_edges(at, graph_); edge != end; ++edge) {
        const std::size_t from = boost::target(*edge, graph_);
        const auto into = boost::get(boost::edge_reverse, graph_, *edge);
        if (reached[from] || boost::get(boost::edge_residual_capacity, graph_, into) <= 0) continue;
        reached[from] = true;
        waiting.push_back(from);
      }
    }
    return reached;
  }

 private:
  using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
  using Vertex = boost::property<
      boost::vertex_index_t, std::size_t,
      boost::property<boost::vertex_color_t, boost::default_color_type,
                      boost::property<boost::vertex_distance_t, double,
                                      boost::property<boost::vertex_predecessor_t, Traits::edge_descriptor>>>>;
  using Edge = boost::property<boost::edge_capacity_t, double,
                               boost::property<boost::edge_residual_capacity_t, double,
                                               boost::property<boost::edge_reverse_t, Traits::edge_descriptor>>>;
  boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, Vertex, Edge> graph_;
};

/// The wanted values, and what they are made of that moves.
std::vector<Value> concerned(const GoesOn& goes_on, const std::set<std::uint32_t>& wanted) {
  std::set<std::uint32_t> seen(wanted);
  std::vector<Value> found;
  for (const std::uint32_t id : wanted) found.push_back(goes_on.graph().find(id));
  for (std::size_t i = 0; i < found.size(); ++i)
    for (Value operand : std::vector<Value>(found[i].operands()))
      if (goes_on.moves(operand) && seen.insert(operand.id).second) found.push_back(operand);
  return found;
}

}  // namespace

KeepingCost keeping_cost(const GoesOn& goes_on, Value v) {
  KeepingCost made;
  const double half = static_cast<double>(v.type().bytes()) / 2;
  made.keep = goes_on.kept_along(v) ? half : endless;
  if (!v.op()) made.compute = endless;
  if (!v.op() || v.op()->info->view) return made;
  const Cost cost = cost_of(v);
  made.compute = cost.operations / 2 * bytes_of_operation + half;
  return made;
}

std::set<std::uint32_t> values_to_keep(const GoesOn& goes_on, const std::set<std::uint32_t>& wanted) {
  const std::vector<Value> values = concerned(goes_on, wanted);
  std::map<std::uint32_t, std::size_t> number;
  for (std::size_t i = 0; i < values.size(); ++i) number[values[i].id] = i;
  const std::size_t source = 2 * values.size(), sink = source + 1;
  Network network(sink + 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto [keep, compute] = keeping_cost(goes_on, values[i]);
    network.edge(2 * i, 2 * i + 1, keep);
    network.edge(source, 2 * i, compute);
    for (Value operand : values[i].operands())
      if (goes_on.moves(operand)) network.edge(2 * number.at(operand.id) + 1, 2 * i, endless);
    if (wanted.contains(values[i].id)) network.edge(2 * i + 1, sink, endless);
  }
  if (!values.empty() && network.flow(source, sink) >= endless / 2)
    throw UsageError(fmt::format(
        "decode: all rows of {} are wanted along {}, and neither it nor anything that it is made of can be kept: each "
        "knows what is to come, or has no axis of its own for the sequence, the first, and one for its rows",
        line_of(values[0]), goes_on.axis()));
  const std::vector<bool> far = network.far_side(sink);
  std::set<std::uint32_t> kept;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!far[2 * i] && far[2 * i + 1]) kept.insert(values[i].id);
  return kept;
}

}  // namespace vitrine
