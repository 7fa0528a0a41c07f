#pragma once
// The derivatives of attention by query, key and value: three ops on the same operands that one step computes. They
// make the shares of the keys again from the logsumexp, so that nothing of size time x key is kept for the way back
// (Dao et al., FlashAttention, arXiv 2205.14135, algorithm 4).
#include "vitrine/attention_rules.hpp"
#include "vitrine/attention_second.hpp"
#include "vitrine/attributes.hpp"

namespace vitrine {

/// The operands of the three ops: those of attention, what it made, its logsumexp, and the gradient of what it made.
constexpr Inferred attention_gradient_type(std::string_view name, std::array<Type, 6> in, Looks looks,
                                           std::size_t result) {
  const Inferred out = attention_type(name, in[0], in[1], in[2], looks);
  if (!out.ok()) return out;
  Type logsumexp{DType::f32, {}};
  for (int i = 0; i + 1 < out.type.shape.rank(); ++i) logsumexp.shape << out.type.shape[i];
  if (!agree(in[3], out.type) || !agree(in[4], logsumexp) || !agree(in[5], out.type))
    return Sentence{} << name << ": attention of " << in[0] << ", " << in[1] << " and " << in[2] << " makes "
                      << out.type << " and the logsumexp " << logsumexp << ", but got " << in[3] << ", " << in[4]
                      << " and the gradient " << in[5];
  return in[result];
}

/// One use of the gradients: two heads that share a key and a value.
template <class O> constexpr auto attention_gradient_example() {
  return Example{O{0.125f, true, 2},
                 std::array{f32<2, 3, 2>, f32<1, 3, 2>, f32<1, 3, 3>, f32<2, 3, 3>, f32<2, 3>, f32<2, 3, 3>}};
}

/// By the query: dq = scale * ds k.
struct AttentionQueryGradient {
  VITRINE_ATTRIBUTES(AttentionQueryGradient, (Float, scale), (bool, causal), (std::int64_t, window));
  static constexpr Doc doc{.name = "attention_query_gradient",
                           .kind = Kind::contraction,
                           .rule =
                               "dq = scale * ds k, where ds = p * (dy vT - sum of dy y along the last axis) and p = "
                               "exp(scale * q kT - logsumexp) for keys that are looked at, else 0",
                           .derivative = "from primitives: all of p is stored"};
  static constexpr auto example() { return attention_gradient_example<AttentionQueryGradient>(); }
  bool operator==(const AttentionQueryGradient&) const = default;
  constexpr Looks looks() const { return {causal, window}; }

  constexpr Inferred type(Type q, Type k, Type v, Type out, Type logsumexp, Type g) const {
    return attention_gradient_type(doc.name, {q, k, v, out, logsumexp, g}, looks(), 0);
  }
  Gradients vjp(auto in, auto, auto g) const { return AttentionSecond(in, looks(), scale).of_query_gradient(g); }
  constexpr std::size_t multiply_adds(std::span<const Type> in, const Type&) const {
    const AttentionSizes n(in[0].shape, in[2].shape);
    return n.pairs(looks()) * (2 * n.each + n.wide);
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    std::fill_n(out.reals(), out.size(), Real(0));
    const AttentionSizes n(in[0].shape(), in[2].shape());
    each_score_gradient(in, n, looks(), scale, [&](std::size_t row, std::size_t key, Real, Real ds) {
      add_row(out.reals(), row, ds * static_cast<Real>(float(scale)), in[1].reals() + key * n.each, n.each);
    });
  }
};

/// By the key: dk = scale * dsT q, of all queries whose heads read this key.
struct AttentionKeyGradient {
  VITRINE_ATTRIBUTES(AttentionKeyGradient, (Float, scale), (bool, causal), (std::int64_t, window));
  static constexpr Doc doc{.name = "attention_key_gradient",
                           .kind = Kind::contraction,
                           .rule =
                               "dk = scale * dsT q, with the ds of attention_query_gradient, summed over the heads "
                               "that read the key",
                           .derivative = "from primitives: all of p is stored"};
  static constexpr auto example() { return attention_gradient_example<AttentionKeyGradient>(); }
  bool operator==(const AttentionKeyGradient&) const = default;
  constexpr Looks looks() const { return {causal, window}; }

  constexpr Inferred type(Type q, Type k, Type v, Type out, Type logsumexp, Type g) const {
    return attention_gradient_type(doc.name, {q, k, v, out, logsumexp, g}, looks(), 1);
  }
  Op companion_of() const { return AttentionQueryGradient{scale, causal, window}; }
  Gradients vjp(auto in, auto, auto g) const { return AttentionSecond(in, looks(), scale).of_key_gradient(g); }
  /// What it adds to the step of attention_query_gradient, which has p and ds.
  constexpr std::size_t multiply_adds(std::span<const Type> in, const Type&) const {
    const AttentionSizes n(in[0].shape, in[2].shape);
    return n.pairs(looks()) * n.each;
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    std::fill_n(out.reals(), out.size(), Real(0));
    const AttentionSizes n(in[0].shape(), in[2].shape());
    each_score_gradient(in, n, looks(), scale, [&](std::size_t row, std::size_t key, Real, Real ds) {
      add_row(out.reals(), key, ds * static_cast<Real>(float(scale)), in[0].reals() + row * n.each, n.each);
    });
  }
};

/// By the value: dv = pT dy, of all queries whose heads read this value.
struct AttentionValueGradient {
  VITRINE_ATTRIBUTES(AttentionValueGradient, (Float, scale), (bool, causal), (std::int64_t, window));
  static constexpr Doc doc{.name = "attention_value_gradient",
                           .kind = Kind::contraction,
                           .rule =
                               "dv = pT dy, with the p of attention_query_gradient, summed over the heads that read "
                               "the value",
                           .derivative = "from primitives: all of p is stored"};
  static constexpr auto example() { return attention_gradient_example<AttentionValueGradient>(); }
  bool operator==(const AttentionValueGradient&) const = default;
  constexpr Looks looks() const { return {causal, window}; }

  constexpr Inferred type(Type q, Type k, Type v, Type out, Type logsumexp, Type g) const {
    return attention_gradient_type(doc.name, {q, k, v, out, logsumexp, g}, looks(), 2);
  }
  Op companion_of() const { return AttentionQueryGradient{scale, causal, window}; }
  Gradients vjp(auto in, auto, auto g) const { return AttentionSecond(in, looks(), scale).of_value_gradient(g); }
  /// What it adds to the step of attention_query_gradient, which has p.
  constexpr std::size_t multiply_adds(std::span<const Type> in, const Type&) const {
    const AttentionSizes n(in[0].shape, in[2].shape);
    return n.pairs(looks()) * n.wide;
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    std::fill_n(out.reals(), out.size(), Real(0));
    const AttentionSizes n(in[0].shape(), in[2].shape());
    each_score_gradient(in, n, looks(), scale, [&](std::size_t row, std::size_t key, Real p, Real) {
      add_row(out.reals(), key, p, in[5].reals() + row * n.wide, n.wide);
    });
  }
};

}  // namespace vitrine
