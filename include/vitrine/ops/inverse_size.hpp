#pragma once
#include "vitrine/attributes.hpp"
#include "vitrine/expr.hpp"

namespace vitrine {

/// 1 / the number of elements of a shape. An op and not a number, so that it follows when a graph is specialized.
struct InverseSize {
  VITRINE_ATTRIBUTES(InverseSize, (Shape, of));
  static constexpr Doc doc{.name = "inverse_size",
                           .kind = Kind::source,
                           .rule = "y = 1 / number of elements of `of`",
                           .derivative = "none: it has no operand"};
  static constexpr auto example() { return Example<InverseSize, 0>{InverseSize{shape_of<2, 3>}, {}}; }
  bool operator==(const InverseSize&) const = default;
  constexpr Inferred type() const { return Type{}; }
  Gradients vjp(auto, auto, auto) const { return {}; }
  constexpr NumberRange range(NumberRanges, std::span<const Type>, const Type&) const {
    const double made = of.elements() == 0 ? NumberRange::infinity : 1 / static_cast<double>(of.elements());
    return {made, made};
  }
  template <class Real> void run(Buffers<Real>, const Buffer<Real>& out) const {
    out.reals()[0] = Real(1) / static_cast<Real>(of.elements());
  }
};

}  // namespace vitrine
