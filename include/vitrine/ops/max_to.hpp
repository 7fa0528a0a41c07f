#pragma once
#include <limits>

#include "vitrine/attributes.hpp"
#include "vitrine/ops/div.hpp"
#include "vitrine/ops/equal.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/neg.hpp"
#include "vitrine/ops/sum_to.hpp"
#include "vitrine/ops/where.hpp"

namespace vitrine {

/// The largest number along the axes that `to` lacks at the left or has as 1: NaN if one of them is NaN, +0 of +0 and
/// -0, -infinity of no numbers. Where several are the largest, each gets the same share of the gradient.
struct MaxTo {
  VITRINE_ATTRIBUTES(MaxTo, (Shape, to));
  static constexpr bool leads = true;
  static constexpr Sinking sinks = Sinking::reduces;
  static constexpr Doc doc{.name = "max_to",
                           .kind = Kind::reduction,
                           .rule = "y = the largest of x over the axes that `to` lacks or has as 1",
                           .derivative = "dx = dy / how many are equal to y, where x = y, else 0"};
  static constexpr auto example() { return Example{MaxTo{shape_of<1, 4>}, std::array{f32<2, 3, 4>}}; }
  bool operator==(const MaxTo&) const = default;

  constexpr Inferred type(Type a) const { return reduced_type(doc.name, a, to); }
  Gradients vjp(auto in, auto y, auto g) const {
    const Value is_largest = where(equal(in[0], y), number(*y.graph, 1), 0.f);
    return {is_largest * (g / sum_to(is_largest, to))};
  }
  constexpr AxisReach reach(std::size_t, int axis, std::span<const Type> in, const Type&) const {
    return keeps_reduced(axis, in[0], to);
  }
  constexpr Ignored ignores(std::size_t, int, std::span<const Type>, const Type&) const {
    return {.number = -NumberRange::infinity};
  }
  constexpr NumberRange range(NumberRanges of, std::span<const Type>, const Type&) const { return of[0]; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out.reals()[i] = -std::numeric_limits<Real>::infinity();
    BroadcastWalk<1> at(Buffers<Real>(&out, 1), in[0].shape());
    for (std::size_t i = 0; i < in[0].size(); ++i, at.next()) {
      Real& top = out.reals()[at[0]];
      top = math::maximum(top, in[0].reals()[i]);
    }
  }
};

/// max(x) of all elements: f32[]; max<time>(x), max<0, -1>(x) over some axes, which go; with keep_axes they stay as 1.
template <Along... Over> constexpr auto max(Operand auto&& x) {
  return reduce_dropping<MaxTo, Over...>(std::forward<decltype(x)>(x));
}
template <Along... Over> constexpr auto max(Operand auto&& x, KeepAxes) {
  return reduce_keeping<MaxTo, Over...>(std::forward<decltype(x)>(x));
}

/// The smallest: -max(-x), which is exact.
template <Along... Over> constexpr auto min(Operand auto&& x) { return -max<Over...>(-std::forward<decltype(x)>(x)); }
template <Along... Over> constexpr auto min(Operand auto&& x, KeepAxes) {
  return -max<Over...>(-std::forward<decltype(x)>(x), keep_axes);
}

}  // namespace vitrine
