// Values: handles to nodes, and the ways rules make new ones.
#include "vitrine/value.hpp"

#include <cstring>

#include "vitrine/graph.hpp"

namespace vitrine {

const Node& Value::node() const { return graph->node(*this); }
const Type& Value::type() const { return node().type; }
const std::vector<Value>& Value::operands() const { return node().operands; }
const Op* Value::op() const {
  const auto& op = node().op;
  return op ? &*op : nullptr;
}

Value emit(const Op& op, std::initializer_list<Value> operands) { return operands.begin()->graph->add(op, operands); }
Value emit(Graph& graph, const Op& op, std::initializer_list<Value> operands) { return graph.add(op, operands); }
Value number(Graph& graph, float n) {
  Constant made{Type{}, std::vector<std::byte>(sizeof n)};
  std::memcpy(made.bytes.data(), &n, sizeof n);
  return graph.constant(made);
}

}  // namespace vitrine
