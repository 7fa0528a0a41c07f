#pragma once
#include <string>

#include "vitrine/error.hpp"
#include "vitrine/ops/mean.hpp"
#include "vitrine/ops/one_hot.hpp"
#include "vitrine/ops/reshape.hpp"
#include "vitrine/ops/softmax.hpp"

namespace vitrine {

/// Logits [..., C] and labels i32[...] -> the loss of each row: log(sum of exp(x)) - x[label], from x - max(x) so that
/// nothing overflows. A run throws InputError for a label outside of the classes.
struct CrossEntropy {
  static constexpr Doc doc{.name = "cross_entropy",
                           .kind = Kind::loss,
                           .rule = "y = log(sum of exp(x) along the last axis) - x[label]",
                           .derivative = "dx = (softmax(x) - one_hot(label)) * dy"};
  static constexpr auto example() { return Example{CrossEntropy{}, std::array{f32<2, 3>, i32<2>}}; }
  bool operator==(const CrossEntropy&) const = default;
  constexpr Inferred type(Type logits, Type labels) const {
    if (logits.dtype != DType::f32 || labels.dtype != DType::i32)
      return Sentence{} << "cross_entropy: wants logits (f32) and labels (i32), got " << logits << " and " << labels;
    bool fits = logits.shape.rank() == labels.shape.rank() + 1;
    for (int i = 0; fits && i < labels.shape.rank(); ++i) fits = agree(logits.shape[i], labels.shape[i]);
    if (!fits)
      return Sentence{} << "cross_entropy: wants one label for each row of logits, got " << logits << " and " << labels;
    return Type{DType::f32, labels.shape};
  }
  Gradients vjp(auto in, auto, auto g) const {
    const Shape& shape = in[0].type().shape;
    Shape rows;
    for (int i = 0; i + 1 < shape.rank(); ++i) rows << shape[i];
    // Labels may name an axis that the logits do not, and that name may be the classes' own.
    const Value off = softmax(in[0]) - emit(OneHot{shape[-1]}, {renamed(in[1], rows)});
    return {off * emit(Reshape{shape.with(-1, 1)}, {g}), Value{}};
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const std::size_t C = in[0].shape()[-1].size;
    for (std::size_t row = 0; row < out.size(); ++row) {
      const Real* x = in[0].reals() + row * C;
      const std::int32_t label = in[1].integers()[row];
      if (label < 0 || static_cast<std::size_t>(label) >= C)
        throw InputError("cross_entropy: label " + std::to_string(label) + " of row " + std::to_string(row) +
                         " is not one of the classes 0 to " + std::to_string(static_cast<std::ptrdiff_t>(C) - 1) +
                         "; check the labels or the number of classes");
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
