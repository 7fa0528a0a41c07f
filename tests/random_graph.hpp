#pragma once
// Random valid graphs, made from the ops' own tables: a new op joins without a line changed here.
#include <map>
#include <string>
#include <vector>

#include "vitrine/graph.hpp"

namespace vitrine {

/// The elements of inputs and states by name, as a program takes them.
using Leaves = std::map<std::string, std::vector<std::byte>>;

struct RandomGraph {
  Graph graph;
  Leaves leaves;
};

/// A graph of 1 to 40 nodes and values for its leaves, both a function of the seed alone. Any op, ranks 0 to 6, axes of
/// 0 and of 1, named axes, broadcasts, views, every type of element, states with and without updates, outputs that are
/// leaves, outputs twice. On these leaves no op of it throws, and nearly all numbers are of ordinary size.
RandomGraph random_graph(std::uint64_t seed);

/// The same leaves with most f32 elements replaced by what arithmetic has its special cases for: zeros of both signs,
/// infinities, NaN, denormals, the largest numbers and ties. An index made of them may lie outside of its axis.
Leaves hard_leaves(const Graph&, Leaves, std::uint64_t seed);

}  // namespace vitrine
