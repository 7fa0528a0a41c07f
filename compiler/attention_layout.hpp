#pragma once
// Which factor of a product is what in attention, however its axes lie.
#include <optional>
#include <vector>

#include "compiler/read_elsewhere.hpp"
#include "compiler/score_function.hpp"
#include "vitrine/ops/attention.hpp"

namespace vitrine {

/// A product of attention's weights [..., time, key] and something [..., key, wide].
struct WeightedSum {
  Value product, value;
  bool value_is_turned = false;   // it lies as [..., wide, key]
  bool result_is_turned = false;  // and the product as [..., wide, time]
  std::vector<Value> between{};   // the weights' own layouts before it
};
/// The first that reads these weights, through layouts that keep rows and columns; nothing if there is none.
std::optional<WeightedSum> weighted_sum(Value weights, const Needed&);

/// The op between these weights and a product that reads what it makes of them, as dropout may be; empty if none is.
Value between_weights_and_product(Value weights, const Needed&);

/// The factors of the scores' product: queries [..., time, each] and keys [..., key, each].
struct QueriesAndKeys {
  Value query, key;
  bool query_is_turned = false, key_is_turned = false;  // they lie as [..., each, ...]
};
std::optional<QueriesAndKeys> queries_and_keys(const ScoreFunction&);

/// The last two axes swapped: where v was made so, what it was made of.
Value turned(Value v);
constexpr Shape turned_shape(const Shape& s) { return s.with(-1, s[-2]).with(-2, s[-1]); }
/// The same elements under other axes.
Value with_axes_of(Value v, const Shape& to);

/// Whether v is a parameter, however it is laid out.
bool is_parameter(Value v);

/// The number that v is something else times, through layouts; 1 if there is none. And that something, laid out alike.
double factor_of(Value v);
Value without_factor(Value v);

/// The op on operands of any axes that it can be given: with one head where they have no axis of heads, with the batch
/// and heads of the queries, without names where these get into each other's way. Heads that were repeated to serve
/// several queries are read where they stood once.
Value attention_of(const Attention&, Value query, Value key, Value value);

}  // namespace vitrine
