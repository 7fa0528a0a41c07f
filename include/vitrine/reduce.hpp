#pragma once
// Reductions over some axes. An op that reduces has a shape `to`: it reduces over the axes that `to` lacks at the left
// or has as 1 without a name. The functions that users call name the axes instead.
#include "vitrine/along.hpp"
#include "vitrine/ops/reshape.hpp"

namespace vitrine {

/// Asks a reduction to keep the axes that it reduces over, as 1: sum<time>(x, keep_axes).
struct KeepAxes {};
inline constexpr KeepAxes keep_axes{};

/// The type rule of every op that reduces f32 over axes to the shape `to`.
constexpr Inferred reduced_type(std::string_view name, const Type& x, const Shape& to) {
  if (x.dtype != DType::f32)
    return Sentence{} << name << ": wants f32, got " << x << "; make numbers of it with cast<DType::f32>(x)";
  if (to.rank() > x.shape.rank() || !broadcasts(to, x.shape) || !agree(broadcast(to, x.shape), x.shape))
    return Sentence{} << name << ": " << to << " does not broadcast to " << x.shape;
  return Type{DType::f32, to};
}

/// The axes of x that a reduction to the shape `to` adds up (or takes the mean or the maximum of).
constexpr Shape reduced_axes(const Shape& x, const Shape& to) {
  Shape made;
  const int lacking = x.rank() - to.rank();
  for (int i = 0; i < x.rank(); ++i)
    if (i < lacking || (to[i - lacking].size == 1 && !to[i - lacking].named())) made << x[i];
  return made;
}

/// What is left of a shape without some of its axes, and with 1 in their place.
struct Remaining {
  Shape kept{}, dropped{};
  bool leading = true;  // the axes are the first ones, so that a reduction to `dropped` is one to `kept`
  Sentence why{};
};
template <Along... Over> constexpr Remaining remaining(std::string_view op, const Shape& x) {
  Remaining made;
  unsigned over = sizeof...(Over) == 0 ? ~0u : 0u;
  for (const FoundAxis& found : std::array<FoundAxis, sizeof...(Over)>{Over.in(op, x)...}) {
    if (!found.ok()) return {{}, {}, true, found.why};
    if ((over >> found.at & 1u) != 0)
      return {{}, {}, true, Sentence{} << op << ": one axis of " << x << " is named twice"};
    over |= 1u << found.at;
  }
  for (int i = 0; i < x.rank(); ++i) {
    const bool goes = (over >> i & 1u) != 0;
    made.kept << (goes ? Axis(1) : x[i]);
    if (!goes) made.dropped << x[i];
    made.leading = made.leading && (!goes || made.dropped.empty());
  }
  return made;
}

/// O{to} over the axes (without any named, all), which stay as 1.
template <class O, Along... Over> constexpr auto reduce_keeping(Operand auto&& x) {
  const auto choose = [](const Shape& shape) {
    const Remaining left = remaining<Over...>(O::doc.name, shape);
    return Chosen<O>{O{left.kept}, left.why};
  };
  return apply_chosen(choose, std::forward<decltype(x)>(x));
}

/// O{to} over the axes, which go; without axes, over all of them.
template <class O, Along... Over, Operand X> constexpr auto reduce_dropping(X&& x) {
  const auto choose = [](const Shape& shape) {
    const Remaining left = remaining<Over...>(O::doc.name, shape);
    return Chosen<O>{O{left.leading ? left.dropped : left.kept}, left.why};
  };
  if constexpr (Shaped<X>) {
    constexpr Remaining left = remaining<Over...>(O::doc.name, std::remove_cvref_t<X>::type.shape);
    if constexpr (left.leading)
      return apply_chosen(choose, std::forward<X>(x));
    else
      return apply<Reshape{left.dropped}>(apply_chosen(choose, std::forward<X>(x)));
  } else {
    const Remaining left = remaining<Over...>(O::doc.name, x.type().shape);
    const Value made = apply_chosen(choose, x);
    return left.leading ? made : emit(Reshape{left.dropped}, {made});
  }
}

}  // namespace vitrine
