#pragma once
#include <string>

#include "vitrine/error.hpp"
#include "vitrine/ops/one_hot.hpp"
#include "vitrine/ops/reshape.hpp"
#include "vitrine/ops/softmax.hpp"

namespace vitrine {

/// Logits [..., C], labels i32[...] that are classes.
constexpr Inferred labelled_type(std::string_view name, const Type& logits, const Type& labels) {
  if (logits.dtype != DType::f32 || labels.dtype != DType::i32)
    return Sentence{} << name << ": wants logits (f32) and labels (i32), got " << logits << " and " << labels;
  bool fits = logits.shape.rank() == labels.shape.rank() + 1;
  for (int i = 0; fits && i < labels.shape.rank(); ++i) fits = agree(logits.shape[i], labels.shape[i]);
  if (!fits)
    return Sentence{} << name << ": wants one label for each row of logits, got " << logits << " and " << labels;
  return Type{DType::f32, labels.shape};
}
/// A row's label, if it is a class. Throws InputError otherwise: data decide it, not the program.
inline std::size_t label_within(std::string_view name, std::int32_t label, std::size_t row, std::size_t classes) {
  if (label >= 0 && static_cast<std::size_t>(label) < classes) return static_cast<std::size_t>(label);
  throw InputError(std::string(name) + ": label " + std::to_string(label) + " of row " + std::to_string(row) +
                   " is not one of the classes 0 to " + std::to_string(static_cast<std::ptrdiff_t>(classes) - 1) +
                   "; check the labels or the number of classes");
}

/// What cross entropy's loss passes on to its logits, in one sweep and without a one_hot as large as they are: logits
/// [..., C], labels i32[...] and the losses' gradient [...] -> [..., C].
struct CrossEntropyGradient {
  static constexpr Doc doc{.name = "cross_entropy_gradient",
                           .kind = Kind::loss,
                           .rule = "y = (softmax(x) - one_hot(label)) * g",
                           .derivative =
                               "dx = p * (dy g - sum of p dy g), dg = sum of dy (p - one_hot(label)), with p = "
                               "softmax(x), sums along the last axis"};
  static constexpr auto example() { return Example{CrossEntropyGradient{}, std::array{f32<2, 3>, i32<2>, f32<2>}}; }
  bool operator==(const CrossEntropyGradient&) const = default;
  constexpr Inferred type(Type logits, Type labels, Type g) const {
    const Inferred rows = labelled_type(doc.name, logits, labels);
    if (rows.ok() && !agree(rows.type, g))
      return Sentence{} << doc.name << ": wants a gradient for each label, got " << labels << " and " << g;
    return rows.ok() ? Inferred(logits) : rows;
  }
  Gradients vjp(auto in, auto, auto h) const {
    const Shape& shape = in[0].type().shape;
    Shape rows;
    for (int i = 0; i + 1 < shape.rank(); ++i) rows << shape[i];
    const Value p = softmax(in[0]), g = emit(Reshape{shape.with(-1, 1)}, {in[2]}), scaled = h * g;
    // Labels may name an axis that the logits do not, and that name may be the classes' own.
    const Value off = p - emit(OneHot{shape[-1]}, {renamed(in[1], rows)});
    const Shape column = shape.with(-1, 1);
    return {p * (scaled - sum_to(p * scaled, column)), Value{},
            emit(Reshape{in[2].type().shape}, {sum_to(h * off, column)})};
  }
  constexpr AxisReach reach(std::size_t operand, int axis, std::span<const Type> in, const Type&) const {
    return operand == 0 ? keeps_rows(axis, in[0]) : keeps(axis);
  }
  constexpr Indexed indexed(std::span<const Type> in, const Type&) const { return {1, in[0].shape[-1].size}; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    Softmax{}.run(in.first(1), out);
    const std::size_t C = out.shape()[-1].size;
    for (std::size_t row = 0; row < in[1].size(); ++row) {
      Real* const y = out.reals() + row * C;
      y[label_within(doc.name, in[1].integers()[row], row, C)] -= 1;
      for (std::size_t i = 0; i < C; ++i) y[i] *= in[2].reals()[row];
    }
  }
};

}  // namespace vitrine
