#pragma once
#include <boost/hana/define_struct.hpp>

#include "vitrine/elementwise.hpp"

namespace vitrine {

/// The same numbers in another type. From i32 to f32 the nearest float; from a mask 0 and 1; from f32 to i32 towards 0.
struct Cast {
  BOOST_HANA_DEFINE_STRUCT(Cast, (DType, to));
  static constexpr Doc doc{
      .name = "cast", .kind = Kind::layout, .rule = "y = x as another type", .derivative = "none: integers have none"};
  static constexpr auto example() { return Example{Cast{DType::f32}, std::array{i32<2, 3>}}; }
  bool operator==(const Cast&) const = default;
  constexpr Inferred type(Type a) const {
    for (DType d : {a.dtype, to})
      if (d != DType::f32 && d != DType::i32 && d != DType::boolean)
        return Sentence{} << "cast: knows f32, i32 and bool, got " << a << " to " << to;
    return Type{to, a.shape};
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    for (std::size_t i = 0; i < out.size(); ++i) store<Real>(out, i, load<Real>(in[0], i));
  }
  Gradients vjp(auto in, auto, auto) const { return Gradients(in.size()); }
};

template <DType To> constexpr auto cast(Operand auto&& x) { return apply<Cast{To}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
