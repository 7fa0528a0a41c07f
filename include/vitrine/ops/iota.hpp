#pragma once
#include "vitrine/attributes.hpp"
#include "vitrine/continuation.hpp"
#include "vitrine/expr.hpp"

namespace vitrine {

/// 0, 1, 2, ... along an axis. An op and not a constant, so that it follows when a graph is specialized, and so that a
/// graph made for one position at a time can count on from another.
struct Iota {
  VITRINE_ATTRIBUTES(Iota, (Axis, along));
  static constexpr Doc doc{
      .name = "iota", .kind = Kind::source, .rule = "y[i] = i", .derivative = "none: it has no operand"};
  static constexpr auto example() { return Example<Iota, 0>{Iota{5}, {}}; }
  bool operator==(const Iota&) const = default;
  constexpr Inferred type() const {
    if (along.size > std::size_t{1} << 31) return Sentence{} << "iota: i32 does not count to " << along;
    return Type{DType::i32, Shape{} << along};
  }
  Gradients vjp(auto, auto, auto) const { return {}; }
  constexpr NumberRange range(NumberRanges, std::span<const Type>, const Type&) const {
    return {0, static_cast<double>(along.size) - 1};
  }
  Value continued(Continuation& c) const { return c.places(); }
  template <class Real> void run(Buffers<Real>, const Buffer<Real>& out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out.integers()[i] = static_cast<std::int32_t>(i);
  }
};

/// iota<time>() within a larger expression, from which it has its graph: gather(positions, iota<time>()).
template <Axis A> constexpr auto iota() { return apply<Iota{A}>(); }

}  // namespace vitrine
