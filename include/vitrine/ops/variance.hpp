#pragma once
#include "vitrine/attributes.hpp"
#include "vitrine/ops/div.hpp"
#include "vitrine/ops/mean.hpp"
#include "vitrine/ops/sub.hpp"

namespace vitrine {

/// The mean squared distance from the mean, over the axes that `to` lacks at the left or has as 1 (biased: it divides
/// by N). In two passes: the mean of squares minus the square of the mean would lose every digit where the mean is
/// large.
struct Variance {
  VITRINE_ATTRIBUTES(Variance, (Shape, to));
  static constexpr bool leads = true;
  static constexpr Doc doc{.name = "variance",
                           .kind = Kind::reduction,
                           .rule = "y = mean of (x - mean of x)^2 over the axes that `to` lacks or has as 1",
                           .derivative = "dx = (x - mean of x) * (2 * dy * inverse_size(the axes))"};
  static constexpr auto example() { return Example{Variance{shape_of<1, 4>}, std::array{f32<2, 3, 4>}}; }
  bool operator==(const Variance&) const = default;

  constexpr Inferred type(Type a) const { return reduced_type(doc.name, a, to); }
  Gradients vjp(auto in, auto, auto g) const {
    const Value x = in[0], inverse = emit(*g.graph, InverseSize{reduced_axes(x.type().shape, to)});
    return {(x - emit(Mean{to}, {x})) * (g * (2.f * inverse))};
  }
  constexpr AxisReach reach(std::size_t, int axis, std::span<const Type> in, const Type&) const {
    return keeps_reduced(axis, in[0], to);
  }
  constexpr NumberRange range(NumberRanges, std::span<const Type>, const Type&) const { return {.least = 0}; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    std::vector<Real> means(out.size());
    Mean{to}.run(in, {out.type, means.data()});
    for (std::size_t i = 0; i < out.size(); ++i) out.reals()[i] = 0;
    BroadcastWalk<1> at(Buffers<Real>(&out, 1), in[0].shape());
    for (std::size_t i = 0; i < in[0].size(); ++i, at.next()) {
      const Real off = in[0].reals()[i] - means[at[0]];
      out.reals()[at[0]] += off * off;
    }
    const Real count = static_cast<Real>(reduced_axes(in[0].shape(), to).elements());
    for (std::size_t i = 0; i < out.size(); ++i) out.reals()[i] /= count;
  }
};

/// variance(x) of all elements: f32[]; variance<batch>(x), variance<0, -1>(x) over some axes, which go; with keep_axes
/// they stay as 1.
template <Along... Over> constexpr auto variance(Operand auto&& x) {
  return reduce_dropping<Variance, Over...>(std::forward<decltype(x)>(x));
}
template <Along... Over> constexpr auto variance(Operand auto&& x, KeepAxes) {
  return reduce_keeping<Variance, Over...>(std::forward<decltype(x)>(x));
}

/// The same divided by N - 1 (Bessel's correction), as a sample speaks of what it was drawn from. Of one number: NaN.
template <Along... Over> constexpr auto sample_variance(Operand auto&& x) {
  const auto count = [](const Shape& shape) {
    const Remaining left = remaining<Over...>("variance", shape);
    return Chosen<InverseSize>{{reduced_axes(shape, left.kept)}, left.why};
  };
  if constexpr (Shaped<decltype(x)>) {
    constexpr auto inverse = count(std::remove_cvref_t<decltype(x)>::type.shape);  // a mistake is variance's to tell
    return variance<Over...>(std::forward<decltype(x)>(x)) / (1.f - apply<inverse.op>());
  } else {
    const Value made = variance<Over...>(x);
    return made / (1.f - emit(*made.graph, count(x.type().shape).op));
  }
}

}  // namespace vitrine
