#pragma once
// Scaled dot-product attention and the logarithm of what its softmax divides by: two ops on the same operands that one
// step computes.
#include "vitrine/along.hpp"
#include "vitrine/continuation.hpp"
#include "vitrine/ops/attention_at.hpp"
#include "vitrine/ops/attention_gradients.hpp"

namespace vitrine {

/// softmax(scale * query keyT) value along the keys that a query looks at (Vaswani et al., arXiv 1706.03762, equation
/// 1), for heads of which several may share a key and a value (attention_type says the axes). Computed from scores less
/// the largest, so nothing overflows. A query that looks at no key reads 0. What a query does not look at cannot touch
/// what it reads; where it does look, a score that is NaN, or a largest score that is infinite, makes NaN.
struct Attention {
  VITRINE_ATTRIBUTES(Attention, (Float, scale), (bool, causal), (std::int64_t, window));
  static constexpr Doc doc{
      .name = "attention",
      .kind = Kind::contraction,
      .rule =
          "y = softmax(scale * q kT) v along the keys j that query i looks at: j <= i if causal, |i - j| < window "
          "if it is not 0",
      .derivative =
          "dq, dk, dv = attention_query_gradient, attention_key_gradient, attention_value_gradient(q, k, v, "
          "y, attention_logsumexp(q, k, v), dy)"};
  static constexpr auto example() {
    return Example{Attention{0.5f, true, 2}, std::array{f32<2, 3, 2>, f32<1, 3, 2>, f32<1, 3, 3>}};
  }
  bool operator==(const Attention&) const = default;
  constexpr Looks looks() const { return {causal, window}; }

  constexpr Inferred type(Type q, Type k, Type v) const { return attention_type(doc.name, q, k, v, looks()); }
  Gradients vjp(auto in, auto y, auto g) const;
  constexpr std::size_t multiply_adds(std::span<const Type> in, const Type&) const {
    const AttentionSizes n(in[0].shape, in[2].shape);
    return n.pairs(looks()) * (n.each + n.wide);
  }
  constexpr AxisReach reach(std::size_t operand, int axis, std::span<const Type> in, const Type&) const {
    return attention_reach(operand, axis, in, looks());
  }
  constexpr NumberRange range(NumberRanges of, std::span<const Type>, const Type&) const { return of[2].with(0); }
  Value continued(Continuation& c) const {
    const auto [keys, ring] = c.whole(1);
    return attention_at(c.rows(0), keys, c.whole(2).value, c.first_place(), scale, window, ring);
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    std::fill_n(out.reals(), out.size(), Real(0));
    const AttentionSizes n(in[0].shape(), in[2].shape());
    each_query(in, n, looks(), scale,
               [&](std::size_t row, std::size_t first_row, std::span<const Real> scores, Real top, Real sum) {
                 for (std::size_t j = 0; j < scores.size(); ++j)
                   add_row(out.reals(), row, math::exp(scores[j] - top) / sum, in[2].reals() + (first_row + j) * n.wide,
                           n.wide);
               });
  }
};

/// log(sum of exp(score)) over the keys that a query looks at, [..., head, time]; -infinity where there are none.
struct AttentionLogsumexp {
  VITRINE_ATTRIBUTES(AttentionLogsumexp, (Float, scale), (bool, causal), (std::int64_t, window));
  static constexpr Doc doc{
      .name = "attention_logsumexp",
      .kind = Kind::reduction,
      .rule =
          "y = log(sum of exp(scale * q kT)) along the keys that the query looks at, as attention has it on its way",
      .derivative = "dq = dy * scale * attention(q, k, k), dk = scale * attention_value_gradient of dy q; v has none"};
  static constexpr auto example() {
    return Example{AttentionLogsumexp{0.5f, true, 2}, std::array{f32<2, 3, 2>, f32<1, 3, 2>, f32<1, 3, 3>}};
  }
  bool operator==(const AttentionLogsumexp&) const = default;
  constexpr Looks looks() const { return {causal, window}; }

  constexpr Inferred type(Type q, Type k, Type v) const {
    const Inferred out = attention_type(doc.name, q, k, v, looks());
    if (!out.ok()) return out;
    Shape rows;
    for (int i = 0; i + 1 < out.type.shape.rank(); ++i) rows << out.type.shape[i];
    return Type{DType::f32, rows};
  }
  Op companion_of() const { return Attention{scale, causal, window}; }
  Gradients vjp(auto in, auto y, auto g) const {
    const Value q = in[0], k = in[1];
    const Value column = emit(Reshape{q.type().shape.with(-1, 1)}, {g});
    const Value read = emit(Attention{scale, causal, window}, {q, k, k});
    const Value dk = emit(AttentionValueGradient{scale, causal, window}, {q, k, k, read, y, column * q});
    return {column * read * float(scale), dk * float(scale), Value{}};
  }
  constexpr AxisReach reach(std::size_t operand, int axis, std::span<const Type> in, const Type&) const {
    return operand == 2 ? reaches_anything : attention_reach(operand, axis, in, looks());
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    each_query(in, AttentionSizes(in[0].shape(), in[2].shape()), looks(), scale,
               [&](std::size_t row, std::size_t, std::span<const Real>, Real top, Real sum) {
                 out.reals()[row] = math::log(sum) + top;
               });
  }
};

Gradients Attention::vjp(auto in, auto y, auto g) const {
  const Value l = emit(AttentionLogsumexp{scale, causal, window}, {in[0], in[1], in[2]});
  return {emit(AttentionQueryGradient{scale, causal, window}, {in[0], in[1], in[2], y, l, g}),
          emit(AttentionKeyGradient{scale, causal, window}, {in[0], in[1], in[2], y, l, g}),
          emit(AttentionValueGradient{scale, causal, window}, {in[0], in[1], in[2], y, l, g})};
}

/// 1 / sqrt(n), by Heron's method: what the scores of n products each are scaled by.
constexpr float attention_scale(std::size_t n) {
  const double square = n == 0 ? 1 : static_cast<double>(n);
  double root = square;
  for (int i = 0; i < 64; ++i) root = (root + square / root) / 2;
  return static_cast<float>(1 / root);
}

/// attention(query, keys, values): scale * scores with scale 1 / sqrt(each), every query looks at every key.
/// attention<causal>, attention<causal.within(128)>: at those before it only, at the 128 nearest of them (itself
/// counted) only. attention<causal, 0.125f>: with a scale of its own.
template <Looks L = everywhere>
constexpr auto attention(Operand auto&& query, Operand auto&& keys, Operand auto&& values) {
  const auto choose = [](const Shape& shape) {
    const float scale = attention_scale(shape.rank() < 1 ? 1 : shape[-1].size);
    return Chosen<Attention>{{scale, L.causal, L.window}};
  };
  return apply_chosen(choose, std::forward<decltype(query)>(query), std::forward<decltype(keys)>(keys),
                      std::forward<decltype(values)>(values));
}
template <Looks L, Float Scale>
constexpr auto attention(Operand auto&& query, Operand auto&& keys, Operand auto&& values) {
  return apply<Attention{Scale, L.causal, L.window}>(
      std::forward<decltype(query)>(query), std::forward<decltype(keys)>(keys), std::forward<decltype(values)>(values));
}

}  // namespace vitrine
