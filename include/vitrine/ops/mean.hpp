#pragma once
#include "vitrine/attributes.hpp"
#include "vitrine/ops/broadcast_to.hpp"
#include "vitrine/ops/inverse_size.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/reduce.hpp"

namespace vitrine {

/// The mean over the axes that `to` lacks at the left or has as 1; of all elements if `to` is []. Of no elements it is
/// NaN.
struct Mean {
  VITRINE_ATTRIBUTES(Mean, (Shape, to));
  static constexpr bool leads = true;
  static constexpr Sinking sinks = Sinking::reduces;
  static constexpr Doc doc{.name = "mean",
                           .kind = Kind::reduction,
                           .rule = "y = sum of x / number of its elements, over the axes that `to` lacks or has as 1",
                           .derivative = "dx = broadcast_to(dy * inverse_size(the axes))"};
  static constexpr bool leaves_out_empty = true;
  static constexpr auto example() { return Example{Mean{shape_of<1, 3>}, std::array{f32<2, 3>}}; }
  bool operator==(const Mean&) const = default;
  constexpr Inferred type(Type a) const { return reduced_type(doc.name, a, to); }
  Gradients vjp(auto in, auto, auto g) const {
    const Shape& shape = in[0].type().shape;
    return {broadcast_to(g * emit(*g.graph, InverseSize{reduced_axes(shape, to)}), shape)};
  }
  constexpr AxisReach reach(std::size_t, int axis, std::span<const Type> in, const Type&) const {
    return keeps_reduced(axis, in[0], to);
  }
  constexpr NumberRange range(NumberRanges of, std::span<const Type>, const Type&) const { return of[0]; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    SumTo{to}.run(in, out);
    const Real count = static_cast<Real>(reduced_axes(in[0].shape(), to).elements());
    for (std::size_t i = 0; i < out.size(); ++i) out.reals()[i] /= count;
  }
};

/// mean(x) of all elements: f32[]; mean<batch, time>(x), mean<0, -1>(x) over some axes, which go; with keep_axes they
/// stay as 1.
template <Along... Over> constexpr auto mean(Operand auto&& x) {
  return reduce_dropping<Mean, Over...>(std::forward<decltype(x)>(x));
}
template <Along... Over> constexpr auto mean(Operand auto&& x, KeepAxes) {
  return reduce_keeping<Mean, Over...>(std::forward<decltype(x)>(x));
}

}  // namespace vitrine
