#pragma once
#include "vitrine/expr.hpp"
#include "vitrine/walk_copy.hpp"

namespace vitrine {

/// [..., M, N] -> [..., N, M]
struct Transpose {
  static constexpr Doc doc{.name = "transpose",
                           .kind = Kind::layout,
                           .rule = "y[..., n, m] = x[..., m, n]",
                           .derivative = "dx = transpose(dy)"};
  static constexpr auto example() { return Example{Transpose{}, std::array{f32<2, 3, 4>}}; }
  bool operator==(const Transpose&) const = default;

  constexpr Inferred type(Type a) const {
    const Shape& x = a.shape;
    if (x.rank() < 2) return Sentence{} << "transpose: wants two axes or more, got " << x;
    return Type{a.dtype, x.with(-1, x[-2]).with(-2, x[-1])};
  }
  Gradients vjp(auto, auto, auto g) const { return {transpose(g)}; }
  constexpr Walk walk(const Type& in, const Type&) const {
    Walk made = same_walk(in.shape);
    const auto last = static_cast<std::size_t>(in.shape.rank() - 1);
    std::swap(made[last], made[last - 1]);
    return made;
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    copy_by_walk(walk(in[0].type, out.type), in[0], out);
  }
};

constexpr auto transpose(Operand auto&& x) { return apply<Transpose{}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
