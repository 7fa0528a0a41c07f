#pragma once
// What the attention ops share: the rule for their types, and the loops of their definitions.
#include <limits>
#include <vector>

#include "vitrine/looks.hpp"
#include "vitrine/op.hpp"

namespace vitrine {

/// The type of attention's result: query f32[..., head, time, each], key f32[..., kv, key, each] and value f32[..., kv,
/// key, wide] make f32[..., head, time, wide]. The heads come in kv groups of equal size, each with a key and a value
/// of its own (Ainslie et al., GQA, arXiv 2305.13245).
constexpr Inferred attention_type(std::string_view name, const Type& q, const Type& k, const Type& v, Looks looks) {
  const Shape &query = q.shape, &key = k.shape, &value = v.shape;
  const int rank = query.rank();
  if (q.dtype != DType::f32 || k.dtype != DType::f32 || v.dtype != DType::f32 || rank < 3 || key.rank() != rank ||
      value.rank() != rank)
    return Sentence{} << name << ": wants query f32[..., head, time, each], key f32[..., kv, key, each] and value "
                      << "f32[..., kv, key, wide], got " << q << ", " << k << " and " << v;
  const auto differ = [&](std::string_view what, const Axis& a, const Axis& b) {
    return Sentence{} << name << ": " << what << " differ in " << query << ", " << key << " and " << value << ": " << a
                      << " != " << b;
  };
  for (int i = 0; i < rank - 3; ++i)
    for (const Shape* other : {&key, &value})
      if (!agree(query[i], (*other)[i])) return differ("batch axes", query[i], (*other)[i]);
  if (!agree(key[-3], value[-3])) return differ("heads of key and value", key[-3], value[-3]);
  if (!agree(key[-2], value[-2])) return differ("positions of key and value", key[-2], value[-2]);
  if (!agree(query[-1], key[-1])) return differ("the last axes of query and key", query[-1], key[-1]);
  if (key[-3].size == 0 ? query[-3].size != 0 : query[-3].size % key[-3].size != 0)
    return Sentence{} << name << ": query axis " << query[-3] << " is no multiple of key axis " << key[-3] << " in "
                      << query << " and " << key << "; as many heads share each key and value";
  if (looks.window < 0) return Sentence{} << name << ": a window of " << looks.window << " is not 0 or more";
  if (looks.causal && query[-2].size != key[-2].size)
    return Sentence{} << name << ": causal attention wants as many keys as queries, got " << query[-2] << " and "
                      << key[-2];
  Shape made = query.with(-1, value[-1]);
  for (int i = 0; i < rank - 3; ++i) made = made.with(i, joined(joined(query[i], key[i]), value[i]));
  return Type{DType::f32, made};
}

/// How far a query's result reaches along the axes of query, key and value.
constexpr AxisReach attention_reach(std::size_t operand, int axis, std::span<const Type> in, Looks looks) {
  const int rank = in[0].shape.rank();
  if (axis == rank - 1) return operand == 2 ? keeps(axis) : reaches_anything;
  if (operand == 0 || axis < rank - 3) return keeps(axis);
  if (axis == rank - 3) return in[0].shape[axis].size == in[operand].shape[axis].size ? keeps(axis) : reaches_anything;
  if (!looks.causal && looks.window == 0) return reaches_anything;
  const std::ptrdiff_t wide = looks.window == 0 ? AxisReach::far : looks.window - 1;
  return {axis, -wide, looks.causal ? 0 : wide};
}

/// Sizes of attention, and whose rows belong together: query row number r, counted over batch, head and time, reads the
/// keys and values of block number block(r), counted over batch and kv.
struct AttentionSizes {
  std::size_t batch = 1, heads, groups, time, keys, each, wide;

  constexpr AttentionSizes(const Shape& query, const Shape& value)
      : heads(query[-3].size),
        groups(value[-3].size),
        time(query[-2].size),
        keys(value[-2].size),
        each(query[-1].size),
        wide(value[-1].size) {
    for (int i = 0; i < query.rank() - 3; ++i) batch *= query[i].size;
  }
  constexpr std::size_t rows() const { return batch * heads * time; }
  constexpr std::size_t heads_of_group() const { return groups == 0 ? 0 : heads / groups; }
  constexpr std::size_t block(std::size_t row) const { return row / time / heads_of_group(); }

  /// How many pairs of a query and a key look at each other.
  constexpr std::size_t pairs(Looks looks) const {
    if (each + wide == 0) return 0;  // however long the time is: nothing is multiplied
    std::size_t count = 0;
    for (std::size_t i = 0; i < time; ++i) count += looks.of(i, keys).last - looks.of(i, keys).first;
    return batch * heads * count;
  }
};

template <class Real> Real dot(const Real* x, const Real* y, std::size_t n) {
  Real sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

/// Calls visit(row, first key row, scores, largest score, sum of exp(score - largest)) for every query: its scores with
/// the keys it looks at, which lie behind each other from the first key row on. Where it looks at none the largest is
/// -infinity and the sum 0.
template <class Real>
void each_query(Buffers<Real> in, const AttentionSizes& n, Looks looks, Float scale, const auto& visit) {
  for (std::size_t row = 0; row < n.rows(); ++row) {
    const auto [first, last] = looks.of(row % n.time, n.keys);
    const std::size_t first_row = n.block(row) * n.keys + first;
    std::vector<Real> scores(last - first);
    Real top = -std::numeric_limits<Real>::infinity(), sum = 0;
    for (std::size_t j = 0; j < scores.size(); ++j) {
      scores[j] = static_cast<Real>(float(scale)) *
                  dot(in[0].reals() + row * n.each, in[1].reals() + (first_row + j) * n.each, n.each);
      top = math::maximum(top, scores[j]);
    }
    for (const Real s : scores) sum += math::exp(s - top);
    visit(row, first_row, std::span<const Real>(scores), top, sum);
  }
}

/// The operands of attention's gradients: query, key, value, what attention made of them, its logsumexp and the
/// gradient of what it made. Calls visit(query row, key row, p, ds) for every pair that looks at each other: p =
/// exp(score - logsumexp) is the share of the key, ds the gradient of the score (Dao et al., FlashAttention, arXiv
/// 2205.14135, appendix B.2).
template <class Real>
void each_score_gradient(Buffers<Real> in, const AttentionSizes& n, Looks looks, Float scale, const auto& visit) {
  each_query(in, n, looks, scale,
             [&](std::size_t row, std::size_t first_row, std::span<const Real> scores, Real, Real) {
               const Real* const dout = in[5].reals() + row * n.wide;
               const Real mean = dot(dout, in[3].reals() + row * n.wide, n.wide);
               for (std::size_t j = 0; j < scores.size(); ++j) {
                 const Real p = math::exp(scores[j] - in[4].reals()[row]);
                 const Real dp = dot(dout, in[2].reals() + (first_row + j) * n.wide, n.wide);
                 visit(row, first_row + j, p, p * (dp - mean));
               }
             });
}

/// to[row] += factor * from.
template <class Real> void add_row(Real* to, std::size_t row, Real factor, const Real* from, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[row * n + i] += factor * from[i];
}

}  // namespace vitrine
