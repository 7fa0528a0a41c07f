#pragma once
// Attention from primitive ops: the other half of its laws, and what its gradients' own gradients are made of. Unlike
// the ops it stores a number for every pair of a query and a key.
#include <limits>

#include "vitrine/looks.hpp"
#include "vitrine/ops/abs.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/broadcast_to.hpp"
#include "vitrine/ops/cast.hpp"
#include "vitrine/ops/exp.hpp"
#include "vitrine/ops/greater.hpp"
#include "vitrine/ops/greater_equal.hpp"
#include "vitrine/ops/iota.hpp"
#include "vitrine/ops/log.hpp"
#include "vitrine/ops/logical_and.hpp"
#include "vitrine/ops/matmul.hpp"
#include "vitrine/ops/max_to.hpp"
#include "vitrine/ops/reshape.hpp"
#include "vitrine/ops/sub.hpp"
#include "vitrine/ops/where.hpp"

namespace vitrine {

inline Value reshaped(Value x, const Shape& to) { return x.type().shape == to ? x : emit(Reshape{to}, {x}); }

/// The mask [time, key] of who looks at whom, from the positions of both; empty where all look at all.
inline Value looks_mask(Graph& graph, const Axis& time, const Axis& key, Looks looks) {
  const auto positions = [&](const Axis& along, const Shape& to) {
    return reshaped(emit(Cast{DType::f32}, {emit(graph, Iota{along})}), to);
  };
  const Value i = positions(time, Shape{} << time << 1), j = positions(key, Shape{} << key);
  Value mask;
  if (looks.causal) mask = greater_equal(i, j);
  if (looks.window == 0) return mask;
  const Value near = less(abs(i - j), static_cast<float>(looks.window));
  return mask ? logical_and(mask, near) : near;
}
/// x where the mask is set, else `other`; x if there is no mask.
inline Value where_looked_at(Value mask, Value x, float other) { return mask ? where(mask, x, other) : x; }

/// Each head's own copy of the key or value of its group: [..., kv, key, each] -> [..., head, key, each].
inline Value for_each_head(Value x, const Axis& head) {
  const Shape& from = x.type().shape;
  if (from[-3].size == head.size) return renamed(x, from.with(-3, head));
  Shape apart, repeated;
  for (int i = 0; i < from.rank(); ++i) {
    apart << from[i];
    repeated << from[i];
    if (i == from.rank() - 3) apart << 1, repeated << head.size / from[-3].size;
  }
  return reshaped(broadcast_to(reshaped(x, apart), repeated), from.with(-3, head));
}

/// Attention as its parts: the scores of every pair, what they become by softmax, and what is read with that.
struct AttentionFromPrimitives {
  Value out, logsumexp;
};

/// softmax(scale * query keyT) value over the keys that are looked at, 0 and -infinity where there are none: what the
/// ops attention and attention_logsumexp compute. An axis of keys that has the name of the queries' is called "key". Of
/// grouped heads the operands may have five axes.
inline AttentionFromPrimitives attention_from_primitives(Value query, Value keys, Value values, Looks looks,
                                                         float scale) {
  const Shape& shape = query.type().shape;
  const Axis &head = shape[-3], &time = shape[-2];
  Axis key = keys.type().shape[-2];
  if (key.named() && key.label() == time.label()) key = Axis{"key", key.size};
  const auto own = [&](Value x) { return for_each_head(renamed(x, x.type().shape.with(-2, key)), head); };
  const Value mask = looks_mask(*query.graph, time, key, looks);
  const Value all_scores = matmul(query, transpose(own(keys))) * scale;
  const Shape rows = all_scores.type().shape.with(-1, 1);
  constexpr float nothing = -std::numeric_limits<float>::infinity();
  const Value scores = where_looked_at(mask, all_scores, nothing);
  const Value top = emit(MaxTo{rows}, {scores});
  // Where no key is looked at the largest score is -infinity and every difference NaN: they are taken out again.
  const Value e = where_looked_at(mask, exp(scores - top), 0.f);
  const Value sum = sum_to(e, rows);
  const Value out = matmul(e, own(values)) / where(greater(sum, 0.f), sum, 1.f);
  Shape rows_alone;
  for (int i = 0; i + 1 < rows.rank(); ++i) rows_alone << rows[i];
  return {out, reshaped(log(sum) + top, rows_alone)};
}

}  // namespace vitrine
