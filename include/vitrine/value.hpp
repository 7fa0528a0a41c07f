#pragma once
// Value is a handle to one node of a Graph. Calling an op on Values adds a node; derivatives are written this way.
#include <initializer_list>
#include <span>
#include <vector>

#include "vitrine/type.hpp"

namespace vitrine {

class Graph;
struct Op;
struct Node;

struct Value {
  Graph* graph = nullptr;
  std::uint32_t id = 0;

  const Node& node() const;
  const Type& type() const;
  const Op* op() const;  // null for an input, a state or a constant
  const std::vector<Value>& operands() const;
  explicit operator bool() const { return graph != nullptr; }
  bool operator==(const Value&) const = default;
};

using Operands = std::span<const Value>;
/// One entry per operand; an empty Value says that this operand gets no gradient (labels, indices, conditions).
using Gradients = std::vector<Value>;

/// Adds a node to the operands' graph. Throws UsageError with the type rule's sentence.
Value emit(const Op& op, std::initializer_list<Value> operands);
/// The same for an op that may have no operands.
Value emit(Graph& graph, const Op& op, std::initializer_list<Value> operands = {});
/// A number as a node: f32[].
Value number(Graph& graph, float);

}  // namespace vitrine
