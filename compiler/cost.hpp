#pragma once
// What a graph costs, by its types alone: figures for people, whatever kernel runs a node on whatever machine.
#include <map>

#include "vitrine/graph.hpp"

namespace vitrine {

struct Cost {
  /// Floating-point operations (FLOPs):
  ///  - a contraction multiplies and adds: 2 for each product that it adds up;
  ///  - an elementwise op does one for each scalar function in its formula, the same subterm once, at each element of
  ///    its result; exp or tanh counts as one;
  ///  - an op that looks at its operand in another way, or moves elements about, does none;
  ///  - any other (a sum, a softmax) does one for each element that it reads: a lower bound.
  double operations = 0;
  /// Bytes read and written where every tensor passes through memory once: operands as they lie there (one that is
  /// repeated or looked at otherwise counts as what it looks at), each once, and the result.
  double bytes = 0;

  Cost& operator+=(const Cost& o) { return operations += o.operations, bytes += o.bytes, *this; }
  bool operator==(const Cost&) const = default;
};

/// One node by itself. Leaves cost nothing: who reads them pays.
Cost cost_of(Value);

/// Every node, by id, as the graph's groups run it: what only nodes of one group read stays in cache and costs no
/// bytes, and a group reads an operand once; the first of its nodes pays.
std::map<std::uint32_t, Cost> costs_of(const Graph&);

}  // namespace vitrine
