#pragma once
#include <cstring>

#include "vitrine/along.hpp"
#include "vitrine/attributes.hpp"

namespace vitrine {

/// The same elements in the same order under other axes. Raw: it keeps no track of names, so prefer ops that do.
struct Reshape {
  VITRINE_ATTRIBUTES(Reshape, (Shape, to));
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
    if (out.size()) std::memcpy(out.data, in[0].data, out.size() * stored_size<Real>(out.type.dtype));
  }
};

/// reshape<batch, 784>(x); one axis may be -1: whatever is left of the elements.
template <Axis... To> constexpr auto reshape(Operand auto&& x) {
  const auto choose = [](const Shape& shape) {
    constexpr Axis whatever_is_left(-1);
    Shape to = shape_of<To...>;
    const int open = to.find(whatever_is_left);
    if (open == to.rank()) return Chosen<Reshape>{{to}};
    to = to.with(open, 1);
    if (to.find(whatever_is_left) != to.rank())
      return Chosen<Reshape>{{}, Sentence{} << "reshape: of " << shape << " only one axis can be what is left"};
    const std::size_t known = to.elements();
    if (known == 0 || shape.elements() % known != 0)
      return Chosen<Reshape>{{},
                             Sentence{} << "reshape: the " << shape.elements() << " elements of " << shape
                                        << " do not divide by " << known << ", the axes that are given"};
    return Chosen<Reshape>{{to.with(open, shape.elements() / known)}};
  };
  return apply_chosen(choose, std::forward<decltype(x)>(x));
}

}  // namespace vitrine
