#pragma once
#include "vitrine/along.hpp"
#include "vitrine/attributes.hpp"
#include "vitrine/positions.hpp"
#include "vitrine/walk_copy.hpp"

namespace vitrine {

/// The axes in another order: axis i of the result is axis order[i] of the operand. [N, C, H, W] to [N, H, W, C] is
/// {order = [0, 2, 3, 1]}. (transpose stays an op of its own: it swaps the last two axes of any rank, as matmul's flags
/// do.)
struct Permute {
  VITRINE_ATTRIBUTES(Permute, (Positions, order));
  static constexpr Doc doc{.name = "permute",
                           .kind = Kind::layout,
                           .rule = "axis i of y is axis order[i] of x",
                           .derivative = "dx = permute(dy), back to the order of x"};
  static constexpr auto example() { return Example{Permute{{2, 0, 1}}, std::array{f32<2, 3, 4>}}; }
  bool operator==(const Permute&) const = default;

  constexpr Inferred type(Type a) const {
    if (!order.orders(a.shape.rank())) {
      Sentence why;
      why << "permute: [";
      for (int i = 0; i < order.size(); ++i) why << (i ? ", " : "") << order[i];
      return why << "] is no order of the axes of " << a.shape << "; name each position once";
    }
    Shape made;
    for (int i = 0; i < order.size(); ++i) made << a.shape[order[i]];
    return Type{a.dtype, made};
  }
  Gradients vjp(auto, auto, auto g) const { return {emit(Permute{order.inverse()}, {g})}; }
  constexpr Walk walk(const Type&, const Type&) const {
    Walk made{};
    for (int i = 0; i < order.size(); ++i) made[static_cast<std::size_t>(i)] = {order[i], 0, 1};
    return made;
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    copy_by_walk(walk(in[0].type, out.type), in[0], out);
  }
};

/// permute<batch, row, column, channel>(x), permute<0, 2, 3, 1>(x): every axis of x once, in the wanted order.
template <Along... To> constexpr auto permute(Operand auto&& x) {
  const auto choose = [](const Shape& shape) {
    Chosen<Permute> chosen{};
    for (const Along& wanted : std::array<Along, sizeof...(To)>{To...}) {
      const FoundAxis found = wanted.in("permute", shape);
      if (!found.ok()) return Chosen<Permute>{{}, found.why};
      chosen.op.order << found.at;
    }
    return chosen;
  };
  return apply_chosen(choose, std::forward<decltype(x)>(x));
}

}  // namespace vitrine
