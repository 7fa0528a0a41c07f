#pragma once
#include <boost/hana/define_struct.hpp>
#include <cstring>

#include "vitrine/expr.hpp"

namespace vitrine {

/// The same elements in the same order under other axes. Raw: it keeps no track of names, so prefer ops that do.
struct Reshape {
  BOOST_HANA_DEFINE_STRUCT(Reshape, (Shape, to));
  static constexpr Doc doc{.name = "reshape",
                           .kind = Kind::layout,
                           .rule = "y = x, the same elements under the axes of `to`",
                           .derivative = "dx = reshape(dy)"};
  static constexpr bool view = true;
  static constexpr auto example() { return Example{Reshape{shape_of<3, 2>}, std::array{f32<2, 3>}}; }
  bool operator==(const Reshape&) const = default;

  constexpr Inferred type(Type a) const {
    if (a.shape.elements() != to.elements())
      return Sentence{} << "reshape: " << a.shape << " has " << a.shape.elements() << " elements, " << to << " has "
                        << to.elements();
    return Type{a.dtype, to};
  }
  Gradients vjp(auto in, auto, auto g) const { return {emit(Reshape{in[0].type().shape}, {g})}; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    std::memcpy(out.data, in[0].data, out.size() * stored_size<Real>(out.type.dtype));
  }
};

template <Axis... To> constexpr auto reshape(Operand auto&& x) {
  return apply<Reshape{shape_of<To...>}>(std::forward<decltype(x)>(x));
}

}  // namespace vitrine
