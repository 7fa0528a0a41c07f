#pragma once
#include "vitrine/ops/cross_entropy_gradient.hpp"
#include "vitrine/ops/mean.hpp"

namespace vitrine {

/// Logits [..., C] and labels i32[...] -> the loss of each row: log(sum of exp(x)) - x[label], from x - max(x) so that
/// nothing overflows. A run throws InputError for a label outside of the classes.
struct CrossEntropy {
  static constexpr Doc doc{
      .name = "cross_entropy",
      .kind = Kind::loss,
      .rule = "y = log(sum of exp(x) along the last axis) - x[label]",
      .derivative = "dx = cross_entropy_gradient(x, label, dy) = (softmax(x) - one_hot(label)) * dy"};
  static constexpr auto example() { return Example{CrossEntropy{}, std::array{f32<2, 3>, i32<2>}}; }
  bool operator==(const CrossEntropy&) const = default;
  constexpr Inferred type(Type logits, Type labels) const { return labelled_type(doc.name, logits, labels); }
  Gradients vjp(auto in, auto, auto g) const { return {emit(CrossEntropyGradient{}, {in[0], in[1], g}), Value{}}; }
  constexpr AxisReach reach(std::size_t operand, int axis, std::span<const Type> in, const Type&) const {
    return operand == 0 ? keeps_rows(axis, in[0]) : keeps(axis);
  }
  constexpr NumberRange range(NumberRanges, std::span<const Type>, const Type&) const { return {.least = 0}; }
  constexpr Indexed indexed(std::span<const Type> in, const Type&) const { return {1, in[0].shape[-1].size}; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const std::size_t C = in[0].shape()[-1].size;
    for (std::size_t row = 0; row < out.size(); ++row) {
      const Real* x = in[0].reals() + row * C;
      const std::size_t label = label_within(doc.name, in[1].integers()[row], row, C);
      Real top = x[0], sum = 0;
      for (std::size_t i = 1; i < C; ++i) top = math::maximum(top, x[i]);
      for (std::size_t i = 0; i < C; ++i) sum += math::exp(x[i] - top);
      out.reals()[row] = math::log(sum) - (x[label] - top);
    }
  }
};

/// The mean loss over all rows: f32[].
constexpr auto cross_entropy(Operand auto&& logits, Operand auto&& labels) {
  return mean(apply<CrossEntropy{}>(std::forward<decltype(logits)>(logits), std::forward<decltype(labels)>(labels)));
}

}  // namespace vitrine
