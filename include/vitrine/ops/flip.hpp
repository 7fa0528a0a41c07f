#pragma once
#include "vitrine/along.hpp"
#include "vitrine/attributes.hpp"
#include "vitrine/walk_copy.hpp"

namespace vitrine {

/// One axis backwards.
struct Flip {
  VITRINE_ATTRIBUTES(Flip, (std::int64_t, axis));
  static constexpr Doc doc{.name = "flip",
                           .kind = Kind::layout,
                           .rule = "y[..., i, ...] = x[..., size - 1 - i, ...] along axis number `axis`",
                           .derivative = "dx = flip(dy)"};
  static constexpr auto example() { return Example{Flip{1}, std::array{f32<2, 3, 4>}}; }
  bool operator==(const Flip&) const = default;

  constexpr Inferred type(Type a) const {
    if (axis < 0 || axis >= a.shape.rank()) return Sentence{} << "flip: there is no axis " << axis << " in " << a.shape;
    return a;
  }
  Gradients vjp(auto, auto, auto g) const { return {emit(*this, {g})}; }
  constexpr Walk walk(const Type& in, const Type&) const {
    Walk made = same_walk(in.shape);
    const int at = static_cast<int>(axis);
    made[static_cast<std::size_t>(at)] = {at, static_cast<std::ptrdiff_t>(in.shape[at].size) - 1, -1};
    return made;
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    copy_by_walk(walk(in[0].type, out.type), in[0], out);
  }
};

/// flip<time>(x), flip<-1>(x)
template <Along A> constexpr auto flip(Operand auto&& x) {
  const auto choose = [](const Shape& shape) {
    const FoundAxis found = A.in("flip", shape);
    return Chosen<Flip>{{found.at}, found.why};
  };
  return apply_chosen(choose, std::forward<decltype(x)>(x));
}

}  // namespace vitrine
