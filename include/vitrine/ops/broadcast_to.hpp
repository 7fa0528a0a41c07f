#pragma once
#include "vitrine/attributes.hpp"
#include "vitrine/ops/sum_to.hpp"
#include "vitrine/walk_copy.hpp"

namespace vitrine {

/// Repeats x along the axes that it lacks at the left or has as 1.
struct BroadcastTo {
  VITRINE_ATTRIBUTES(BroadcastTo, (Shape, to));
  static constexpr Doc doc{.name = "broadcast_to",
                           .kind = Kind::layout,
                           .rule = "y = x, repeated along the axes of `to` that it lacks or has as 1",
                           .derivative = "dx = sum_to(dy)"};
  static constexpr auto example() { return Example{BroadcastTo{shape_of<2, 3, 4>}, std::array{f32<1, 4>}}; }
  bool operator==(const BroadcastTo&) const = default;

  constexpr Inferred type(Type a) const {
    if (a.dtype != DType::f32) return Sentence{} << "broadcast_to: wants f32, got " << a;
    if (a.shape.rank() > to.rank() || !broadcasts(a.shape, to) || !agree(broadcast(a.shape, to), to))
      return Sentence{} << "broadcast_to: " << a.shape << " does not broadcast to " << to;
    return Type{a.dtype, to};
  }
  Gradients vjp(auto in, auto, auto g) const { return {sum_to(g, in[0].type().shape)}; }
  // The operand's own value: it is elementwise, with axes that the operand does not have.
  Symbol formula(std::size_t) const { return variable(0); }
  constexpr Walk walk(const Type& in, const Type& out) const {
    Walk made{};
    const int lacking = out.shape.rank() - in.shape.rank();
    for (int i = 0; i < in.shape.rank(); ++i)
      if (in.shape[i].size > 1) made[static_cast<std::size_t>(lacking + i)] = {i, 0, 1};
    return made;
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    copy_by_walk(walk(in[0].type, out.type), in[0], out);
  }
};

inline Value broadcast_to(Value x, const Shape& to) { return x.type().shape == to ? x : emit(BroadcastTo{to}, {x}); }

}  // namespace vitrine
