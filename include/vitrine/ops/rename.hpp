#pragma once
#include <cstring>

#include "vitrine/attributes.hpp"
#include "vitrine/op.hpp"

namespace vitrine {

/// The same tensor, its axes called otherwise. Declaring a Tensor makes one where it gives or drops a name (expr.hpp).
struct Rename {
  VITRINE_ATTRIBUTES(Rename, (Shape, to));
  static constexpr Doc doc{.name = "rename",
                           .kind = Kind::layout,
                           .rule = "y = x, its axes named as in `to`",
                           .derivative = "dx = rename(dy)"};
  static constexpr bool view = true;
  static constexpr auto example() { return Example{Rename{shape_of<2, Axis{"key", 3}>}, std::array{f32<2, 3>}}; }
  bool operator==(const Rename&) const = default;

  constexpr Inferred type(Type a) const {
    bool fits = a.shape.rank() == to.rank();
    for (int i = 0; fits && i < to.rank(); ++i) fits = a.shape[i].size == to[i].size;
    if (!fits) return Sentence{} << "rename: sizes differ: " << a.shape << " and " << to;
    return Type{a.dtype, to};
  }
  Gradients vjp(auto in, auto, auto g) const { return {emit(Rename{in[0].type().shape}, {g})}; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    if (out.size()) std::memcpy(out.data, in[0].data, out.size() * stored_size<Real>(out.type.dtype));
  }
};

/// x with its axes named as in `to`; x itself if they are.
inline Value renamed(Value x, const Shape& to) { return x.type().shape == to ? x : emit(Rename{to}, {x}); }

}  // namespace vitrine
