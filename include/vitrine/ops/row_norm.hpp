#pragma once
// Normalization along the last axis, and what it divides by: two pairs of ops, each other's derivatives.
#include "vitrine/attributes.hpp"
#include "vitrine/ops/mean.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/sub.hpp"

namespace vitrine {

constexpr Inferred row_norm_type(std::string_view name, const Type& x, Float eps) {
  if (x.dtype != DType::f32 || x.shape.rank() < 1)
    return Sentence{} << name << ": wants f32 with one axis or more, got " << x;
  if (!(eps >= 0.f)) return Sentence{} << name << ": eps is not 0 or more";
  return x;
}

/// Calls visit(x, mean, rstd) for each row of N numbers; the mean is 0 where rows are not centered. In two passes over
/// a row: the mean of squares less the squared mean would lose every digit where the mean is large. Of no numbers both
/// are NaN.
template <bool Centered, class Real> void each_row_norm(const Buffer<Real>& x, Float eps, const auto& visit) {
  const std::size_t N = x.shape()[-1].size, rows = x.shape().with(-1, 1).elements();
  for (std::size_t row = 0; row < rows; ++row) {
    const Real* const from = x.reals() + row * N;
    Real mean = 0, squares = 0;
    for (std::size_t i = 0; Centered && i < N; ++i) mean += from[i];
    mean /= static_cast<Real>(N);
    for (std::size_t i = 0; i < N; ++i) squares += (from[i] - mean) * (from[i] - mean);
    visit(row, mean, 1 / math::sqrt(squares / static_cast<Real>(N) + static_cast<Real>(float(eps))));
  }
}

template <bool Centered> struct RowNormScale;

/// Centered, layer norm without its gain and bias: (x - mean) / sqrt(variance + eps) along the last axis, the variance
/// biased (Ba, Kiros and Hinton, arXiv 1607.06450, equation 3). Else RMS norm without its gain: x / sqrt(mean of x^2 +
/// eps) (Zhang and Sennrich, arXiv 1910.07467, equation 4).
template <bool Centered> struct RowNorm {
  VITRINE_ATTRIBUTES(RowNorm, (Float, eps));
  static constexpr bool leads = true;
  static constexpr Doc doc{
      .name = Centered ? "layer_norm" : "rms_norm",
      .kind = Kind::normalization,
      .rule = Centered ? "y = (x - mean of x) * rstd, along the last axis" : "y = x * rstd, along the last axis",
      .derivative =
          Centered ? "dx = rstd * (dy - mean of dy - y * mean of dy y)" : "dx = rstd * (dy - y * mean of dy y)"};
  static constexpr auto example() { return Example{RowNorm{1e-5f}, std::array{f32<2, 4>}}; }
  bool operator==(const RowNorm&) const = default;

  constexpr Inferred type(Type x) const { return row_norm_type(doc.name, x, eps); }
  Gradients vjp(auto in, auto y, auto g) const {
    const Shape rows = y.type().shape.with(-1, 1);
    const auto mean_of_row = [&](Value v) { return emit(Mean{rows}, {v}); };
    const Value away = Centered ? g - mean_of_row(g) : g;
    return {(away - y * mean_of_row(g * y)) * emit(RowNormScale<Centered>{eps}, {in[0]})};
  }
  constexpr AxisReach reach(std::size_t, int axis, std::span<const Type> in, const Type&) const {
    return keeps_rows(axis, in[0]);
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const std::size_t N = out.shape()[-1].size;
    each_row_norm<Centered>(in[0], eps, [&](std::size_t row, Real mean, Real rstd) {
      for (std::size_t i = row * N; i < (row + 1) * N; ++i) out.reals()[i] = (in[0].reals()[i] - mean) * rstd;
    });
  }
};

/// What RowNorm multiplies a row by, the reciprocal standard deviation: 1 / sqrt(variance + eps), or with the mean of
/// squares; [..., N] -> [..., 1]. A sibling of RowNorm, whose kernel has it on its way.
template <bool Centered> struct RowNormScale {
  VITRINE_ATTRIBUTES(RowNormScale, (Float, eps));
  static constexpr Doc doc{.name = Centered ? "layer_norm_rstd" : "rms_norm_rstd",
                           .kind = Kind::normalization,
                           .rule = Centered ? "y = 1 / sqrt(variance of x + eps), along the last axis"
                                            : "y = 1 / sqrt(mean of x^2 + eps), along the last axis",
                           .derivative = Centered ? "dx = -dy y^2 layer_norm(x) / N" : "dx = -dy y^2 rms_norm(x) / N"};
  static constexpr auto example() { return Example{RowNormScale{1e-5f}, std::array{f32<2, 4>}}; }
  bool operator==(const RowNormScale&) const = default;

  constexpr Inferred type(Type x) const {
    const Inferred made = row_norm_type(doc.name, x, eps);
    return made.ok() ? Inferred(Type{DType::f32, x.shape.with(-1, 1)}) : made;
  }
  Op companion_of() const { return RowNorm<Centered>{eps}; }
  Gradients vjp(auto in, auto y, auto g) const {
    const Value inverse = emit(*g.graph, InverseSize{Shape{} << in[0].type().shape[-1]});
    return {emit(RowNorm<Centered>{eps}, {in[0]}) * (g * (y * y) * (-1.f * inverse))};
  }
  constexpr AxisReach reach(std::size_t, int axis, std::span<const Type> in, const Type&) const {
    return keeps_rows(axis, in[0]);
  }
  constexpr NumberRange range(NumberRanges, std::span<const Type>, const Type&) const { return {.least = 0}; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    each_row_norm<Centered>(in[0], eps, [&](std::size_t row, Real, Real rstd) { out.reals()[row] = rstd; });
  }
};

/// (x - mean) / sqrt(variance + eps) along the last axis.
template <Float Eps = 1e-5f> constexpr auto layer_norm(Operand auto&& x) {
  return apply<RowNorm<true>{Eps}>(std::forward<decltype(x)>(x));
}
/// x / sqrt(mean of x^2 + eps) along the last axis.
template <Float Eps = 1e-5f> constexpr auto rms_norm(Operand auto&& x) {
  return apply<RowNorm<false>{Eps}>(std::forward<decltype(x)>(x));
}

}  // namespace vitrine
