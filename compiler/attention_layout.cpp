#include "compiler/attention_layout.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/ops/broadcast_to.hpp"
#include "vitrine/ops/matmul.hpp"
#include "vitrine/ops/permute.hpp"
#include "vitrine/ops/rename.hpp"
#include "vitrine/ops/reshape.hpp"
#include "vitrine/ops/transpose.hpp"

namespace vitrine {

namespace {

bool is_layout(Value v) { return as<Reshape>(v) || as<Rename>(v) || as<Permute>(v) || as<Transpose>(v); }

bool keeps_matrices(Value v) {
  const Shape &from = v.operands()[0].type().shape, &to = v.type().shape;
  return from.rank() >= 2 && to.rank() >= 2 && from[-1].size == to[-1].size && from[-2].size == to[-2].size;
}

/// What an elementwise op of one tensor and numbers multiplies it by; 0 if it does anything else. `at` gets the number
/// of that operand.
double own_factor(Value v, std::size_t& at) {
  if (!v.op() || !v.op()->info->elementwise() || v.type().dtype != DType::f32) return 0;
  ClosedValues closed;
  const std::vector<Value>& operands = v.operands();
  std::vector<ClosedValue> in(operands.size());
  std::size_t tensors = 0;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (operands[i].type().shape.elements() == 1 && closed.add(operands[i])) {
      in[i] = closed.at(operands[i]);
      in[i].type.shape = Shape{};
    } else if (operands[i].type() == v.type()) {
      at = i, ++tensors;
      in[i] = ClosedValue::of(Type{});
    } else {
      return 0;
    }
  }
  if (tensors != 1) return 0;
  std::vector<const ClosedValue*> given;
  for (const ClosedValue& one : in) given.push_back(&one);
  const auto made = [&](double x) {
    in[at].buffer().reals()[0] = x;
    return applied(*v.op(), Type{}, given).number(0);
  };
  const double factor = made(1);
  for (const double x : {0., -2.5, 0.125, 1000., -1e6})
    if (!(std::abs(made(x) - factor * x) <= 1e-13 * std::abs(factor * x))) return 0;
  return std::isfinite(factor) ? factor : 0;
}

/// A key or value of each group that was repeated for every head of it, as it stood once: [..., kv, key, each] of
/// [..., head, key, each].
Value shared(Value v) {
  const Value repeated = as<Reshape>(v) ? v.operands()[0] : Value{};
  if (!repeated || !as<BroadcastTo>(repeated)) return v;
  const Value apart = repeated.operands()[0];
  if (!as<Reshape>(apart)) return v;
  const Value once = apart.operands()[0];
  const Shape &from = once.type().shape, &to = v.type().shape, &between = repeated.type().shape;
  const int rank = from.rank();
  if (rank != to.rank() || rank < 3 || between.rank() != rank + 1 || apart.type().shape.rank() != rank + 1) return v;
  bool fits = apart.type().shape[-3].size == 1 && between[-4].size == from[-3].size &&
              between[-4].size * between[-3].size == to[-3].size;
  for (int i = 0; i < rank; ++i) {
    const int wide = i > rank - 3 ? i + 1 : i;
    fits = fits && apart.type().shape[wide].size == from[i].size && (i == rank - 3 || to[i].size == from[i].size);
  }
  return fits ? once : v;
}

Shape nameless(const Shape& shape) {
  Shape made;
  for (const Axis& a : shape) made << a.size;
  return made;
}

/// The batch and heads of one shape with the last two axes of another.
Shape joined_axes(const Shape& leading, const Shape& last) {
  Shape made;
  for (int i = 0; i + 2 < leading.rank(); ++i) made << leading[i];
  return made << last[-2] << last[-1];
}

}  // namespace

std::optional<WeightedSum> weighted_sum(Value weights, const Needed& needed) {
  WeightedSum made{};
  bool is_turned = false;
  for (Value at = weights;;) {
    std::vector<Value> users;
    for (Value user : at.graph->users(at))
      if (needed(user)) users.push_back(user);
    const auto product = std::ranges::find_if(users, [](Value v) { return as<Matmul>(v) != nullptr; });
    if (product != users.end()) {
      const Matmul op = *as<Matmul>(*product);
      const Value left = product->operands()[0], right = product->operands()[1];
      made.product = *product;
      if (left.type().shape.rank() != right.type().shape.rank() || left == right) return {};
      made.result_is_turned = right == at;
      made.value = made.result_is_turned ? left : right;
      // [time, key] times [key, wide], or [wide, key] times [key, time].
      if ((made.result_is_turned ? op.transpose_right : op.transpose_left) != (is_turned != made.result_is_turned))
        return {};
      made.value_is_turned = made.result_is_turned ? !op.transpose_left : op.transpose_right;
      return made;
    }
    const auto layout = std::ranges::find_if(
        users, [](Value v) { return as<Transpose>(v) || ((as<Reshape>(v) || as<Rename>(v)) && keeps_matrices(v)); });
    if (layout == users.end()) return {};
    is_turned = is_turned != (as<Transpose>(*layout) != nullptr);
    at = *layout;
    made.between.push_back(at);
  }
}

Value between_weights_and_product(Value weights, const Needed& needed) {
  constexpr int most = 4;
  std::vector<Value> now{weights};
  Value first;
  for (int steps = 0; steps < most && !now.empty(); ++steps) {
    std::vector<Value> next;
    for (Value at : now)
      for (Value user : at.graph->users(at)) {
        if (!needed(user)) continue;
        if (as<Matmul>(user) && user.operands()[0] == at && first) return first;
        if (as<Matmul>(user) || user.type() != weights.type()) continue;
        if (!first && !is_layout(user)) first = user;
        next.push_back(user);
      }
    now = std::move(next);
  }
  return {};
}

std::optional<QueriesAndKeys> queries_and_keys(const ScoreFunction& scores) {
  const Value product = scores.product(), left = product.operands()[0], right = product.operands()[1];
  if (left.type().shape.rank() != right.type().shape.rank()) return {};
  const Matmul op = *as<Matmul>(product);
  QueriesAndKeys made{left, right, op.transpose_left, !op.transpose_right};
  if (scores.is_turned()) made = {right, left, !op.transpose_right, op.transpose_left};
  return made;
}

Value turned(Value v) {
  if (as<Transpose>(v)) return v.operands()[0];
  if (as<Rename>(v)) return renamed(turned(v.operands()[0]), turned_shape(v.type().shape));
  if (const auto* permute = as<Permute>(v)) {
    Positions order;
    const int rank = permute->order.size();
    bool moves = false;
    for (int i = 0; i < rank; ++i) {
      order << permute->order[i == rank - 1 ? rank - 2 : i == rank - 2 ? rank - 1 : i];
      moves = moves || order[i] != i;
    }
    return moves ? emit(Permute{order}, {v.operands()[0]}) : v.operands()[0];
  }
  return emit(Transpose{}, {v});
}

Value with_axes_of(Value v, const Shape& to) { return v.type().shape == to ? v : emit(Reshape{to}, {v}); }

bool is_parameter(Value v) {
  while (is_layout(v)) v = v.operands()[0];
  return v.node().leaf == Leaf::state;
}

double factor_of(Value v) {
  double factor = 1;
  std::size_t at = 0;
  for (int most = 16; most > 0; --most) {
    const double own = is_layout(v) ? 1 : own_factor(v, at);
    if (own == 0) break;
    factor *= own;
    v = v.operands()[is_layout(v) ? 0 : at];
  }
  return factor;
}

Value without_factor(Value v) {
  if (factor_of(v) == 1) return v;
  if (is_layout(v)) return emit(*v.op(), {without_factor(v.operands()[0])});
  std::size_t at = 0;
  own_factor(v, at);
  return without_factor(v.operands()[at]);
}

Value attention_of(const Attention& op, Value q, Value k, Value v) {
  if (shared(k) != k && shared(v) != v && shared(k).type().shape[-3].size == shared(v).type().shape[-3].size &&
      k.type().shape.rank() == q.type().shape.rank())
    k = shared(k), v = shared(v);
  else
    v = with_axes_of(v, joined_axes(k.type().shape, v.type().shape));
  const auto with_head = [](Value x) {
    const Shape& shape = x.type().shape;
    return shape.rank() > 2 ? x : with_axes_of(x, Shape{} << 1 << shape[0] << shape[1]);
  };
  q = with_head(q), k = with_head(k), v = with_head(v);
  if (!Op(op).type(std::array{q.type(), k.type(), v.type()}).ok()) {
    q = renamed(q, nameless(q.type().shape));
    k = renamed(k, nameless(k.type().shape));
    v = renamed(v, nameless(v.type().shape));
  }
  return emit(op, {q, k, v});
}

}  // namespace vitrine
