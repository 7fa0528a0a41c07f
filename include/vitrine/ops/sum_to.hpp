#pragma once
#include "vitrine/attributes.hpp"
#include "vitrine/elementwise.hpp"
#include "vitrine/reduce.hpp"

namespace vitrine {

Value broadcast_to(Value, const Shape&);  // in broadcast_to.hpp, which undoes what SumTo does

/// Sums over the axes that `to` lacks at the left or has as 1: what broadcasting repeats, this adds up.
struct SumTo {
  VITRINE_ATTRIBUTES(SumTo, (Shape, to));
  static constexpr bool leads = true;
  static constexpr Sinking sinks = Sinking::reduces;
  static constexpr Doc doc{.name = "sum_to",
                           .kind = Kind::reduction,
                           .rule = "y = sum of x over the axes that `to` lacks or has as 1",
                           .derivative = "dx = broadcast_to(dy)"};
  static constexpr auto example() { return Example{SumTo{shape_of<1, 4>}, std::array{f32<2, 3, 4>}}; }
  bool operator==(const SumTo&) const = default;

  constexpr Inferred type(Type a) const { return reduced_type(doc.name, a, to); }
  Gradients vjp(auto in, auto, auto g) const { return {broadcast_to(g, in[0].type().shape)}; }
  constexpr AxisReach reach(std::size_t, int axis, std::span<const Type> in, const Type&) const {
    return keeps_reduced(axis, in[0], to);
  }
  constexpr Ignored ignores(std::size_t, int, std::span<const Type>, const Type&) const { return {.number = 0}; }
  constexpr NumberRange range(NumberRanges of, std::span<const Type> in, const Type&) const {
    return of[0].times(reduced_axes(in[0].shape, to).elements());
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out.reals()[i] = 0;
    BroadcastWalk<1> at(Buffers<Real>(&out, 1), in[0].shape());
    for (std::size_t i = 0; i < in[0].size(); ++i, at.next()) out.reals()[at[0]] += in[0].reals()[i];
  }
};

inline Value sum_to(Value x, const Shape& to) { return x.type().shape == to ? x : emit(SumTo{to}, {x}); }

/// sum(x) of all elements: f32[]; sum<batch, time>(x), sum<0, -1>(x) over some axes, which go; with keep_axes they stay
/// as 1.
template <Along... Over> constexpr auto sum(Operand auto&& x) {
  return reduce_dropping<SumTo, Over...>(std::forward<decltype(x)>(x));
}
template <Along... Over> constexpr auto sum(Operand auto&& x, KeepAxes) {
  return reduce_keeping<SumTo, Over...>(std::forward<decltype(x)>(x));
}

}  // namespace vitrine
