#include "compiler/gradients.hpp"

#include <algorithm>
#include <ranges>
#include <set>

#include "compiler/planted.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/accumulate.hpp"
#include "vitrine/ops/rename.hpp"

namespace vitrine {

namespace {

std::string described(Value v) {
  const Node& node = v.node();
  const std::string what =
      node.op ? "%" + std::to_string(v.id) + " = " + std::string(node.op->name()) : "'" + node.name + "'";
  return node.at.line ? what + " (" + node.at.file + ":" + std::to_string(node.at.line) + ")" : what;
}

/// The values between wrt and the loss: only they need a gradient.
std::set<std::uint32_t> on_the_way(const std::vector<Value>& order, Operands wrt) {
  std::set<std::uint32_t> reached;
  for (Value v : wrt) reached.insert(v.id);
  for (Value v : order)
    if (std::ranges::any_of(v.operands(), [&](Value o) { return reached.contains(o.id); })) reached.insert(v.id);
  return reached;
}

/// A rule's gradient may have lost a name or found one: the types of a value and its gradient are always equal.
Value conformed(Value gradient, const Type& type) {
  if (gradient.type() == type) return gradient;
  if (!agree(gradient.type(), type))
    throw InternalError((Sentence{} << "a derivative made " << gradient.type() << " for an operand of " << type).str());
  return renamed(gradient, type.shape);
}

/// Where a value does reach the loss, the gradient stopped on the way: at an op that is flat, or knows whole numbers
/// only.
void demand_no_way(const std::vector<Value>& order, Value w, Value loss, const std::map<std::uint32_t, Value>& whole) {
  const std::set<std::uint32_t> reached = on_the_way(order, std::array{w});
  if (!reached.contains(loss.id)) return;
  for (Value v : order | std::views::reverse)
    if (reached.contains(v.id) && whole.contains(v.id) && v.op())
      for (Value operand : v.operands())
        if (reached.contains(operand.id) && !whole.contains(operand.id))
          throw UsageError("gradients: " + described(w) + " reaches the loss only through " + described(v) +
                           ", which has no derivative for it; keep that op off the way from parameters to the loss");
}

}  // namespace

Gradients gradients(Value loss, Operands wrt) {
  Graph& graph = *loss.graph;
  if (loss.type() != Type{})
    throw UsageError((Sentence{} << "gradients: the loss " << described(loss) << " is " << loss.type()
                                 << ", not a scalar f32[]; reduce it with mean(x) or sum(x)")
                         .str());
  const auto order = graph.topological();
  const auto needed = on_the_way(order, wrt);

  std::map<std::uint32_t, std::vector<Value>> parts;
  std::map<std::uint32_t, Value> whole;
  {
    const Graph::Scope scope(graph, loss.node().at.module, Phase::gradient, {loss.id});
    parts[loss.id].push_back(number(graph, 1));
  }
  for (Value v : order | std::views::reverse) {
    if (!needed.contains(v.id) || !parts.contains(v.id)) continue;
    const Graph::Scope scope(graph, v.node().at.module, Phase::gradient, {v.id});
    const auto& contributions = parts.at(v.id);
    const Value g = whole[v.id] = contributions.size() == 1 ? contributions[0] : accumulate(contributions);
    if (!v.op()) continue;
    const Op op = *v.op();
    if (!op.info->differentiable())
      throw UsageError("gradients: " + described(v) +
                       " has no derivative; keep it off the way from parameters to the loss");
    const std::vector<Value> in = v.operands();  // a copy: rules add nodes
    Gradients made = op.info->vjp(op.attributes.get(), in, v, g);
    if (planted().derivative) planted().derivative(v, made);
    for (std::size_t i = 0; i < in.size(); ++i)
      if (made[i] && needed.contains(in[i].id)) parts[in[i].id].push_back(conformed(made[i], in[i].type()));
  }
  Gradients found;
  for (Value w : wrt) {
    if (!whole.contains(w.id)) demand_no_way(order, w, loss, whole);
    if (!whole.contains(w.id))
      throw UsageError("gradients: the loss does not depend on " + described(w) +
                       ", so it can never learn; use it in the model or take it out");
    found.push_back(whole.at(w.id));
  }
  return found;
}

}  // namespace vitrine
