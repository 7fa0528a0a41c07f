#pragma once
#include <boost/hana/define_struct.hpp>

#include "vitrine/elementwise.hpp"

namespace vitrine {

Value broadcast_to(Value, const Shape&);  // in broadcast_to.hpp, which undoes what SumTo does

/// Sums over the axes that `to` lacks at the left or has as 1: what broadcasting repeats, this adds up.
struct SumTo {
  BOOST_HANA_DEFINE_STRUCT(SumTo, (Shape, to));
  static constexpr Doc doc{.name = "sum_to",
                           .kind = Kind::reduction,
                           .rule = "y = sum of x over the axes that `to` lacks or has as 1",
                           .derivative = "dx = broadcast_to(dy)"};
  static constexpr auto example() { return Example{SumTo{shape_of<1, 4>}, std::array{f32<2, 3, 4>}}; }
  bool operator==(const SumTo&) const = default;

  constexpr Inferred type(Type a) const {
    if (a.dtype != DType::f32) return Sentence{} << "sum_to: wants f32, got " << a;
    if (to.rank() > a.shape.rank() || !broadcasts(to, a.shape) || !agree(broadcast(to, a.shape), a.shape))
      return Sentence{} << "sum_to: " << to << " does not broadcast to " << a.shape;
    return Type{a.dtype, to};
  }
  Gradients vjp(auto in, auto, auto g) const { return {broadcast_to(g, in[0].type().shape)}; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out.reals()[i] = 0;
    BroadcastWalk<1> at(Buffers<Real>(&out, 1), in[0].shape());
    for (std::size_t i = 0; i < in[0].size(); ++i, at.next()) out.reals()[at[0]] += in[0].reals()[i];
  }
};

inline Value sum_to(Value x, const Shape& to) { return x.type().shape == to ? x : emit(SumTo{to}, {x}); }
/// The sum of all elements: f32[].
constexpr auto sum(Operand auto&& x) { return apply<SumTo{Shape{}}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
