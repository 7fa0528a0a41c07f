#pragma once
#include "compiler/op_table.hpp"
#include "vitrine/graph.hpp"

namespace vitrine {

/// The graph of an op on its example, with output "y".
inline Graph example_graph(const OpInfo& info) {
  const auto [op, in] = info.example();
  Graph graph("example");
  std::vector<Value> operands;
  for (const Type& type : in) operands.push_back(graph.input("x" + std::to_string(operands.size()), type));
  graph.output("y", graph.add(op, operands));
  return graph;
}

}  // namespace vitrine
