#pragma once
#include "vitrine/attributes.hpp"
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// 1 where the new last axis has the index, else 0. An index outside of it gives a row of zeros.
struct OneHot {
  VITRINE_ATTRIBUTES(OneHot, (Axis, along));
  static constexpr Doc doc{.name = "one_hot",
                           .kind = Kind::layout,
                           .rule = "y[..., i] = 1 where i = x[...], else 0",
                           .derivative = "none: an index has none"};
  static constexpr auto example() { return Example{OneHot{3}, std::array{i32<2>}}; }
  bool operator==(const OneHot&) const = default;
  constexpr Inferred type(Type a) const {
    if (a.dtype != DType::i32) return Sentence{} << "one_hot: wants indices (i32), got " << a;
    if (a.shape.rank() == static_cast<int>(Shape::max_rank))
      return Sentence{} << "one_hot: no room for one more axis in " << a.shape;
    return Type{DType::f32, Shape(a.shape) << along};
  }
  Gradients vjp(auto in, auto, auto) const { return Gradients(in.size()); }
  constexpr AxisReach reach(std::size_t, int axis, std::span<const Type>, const Type&) const { return keeps(axis); }
  constexpr NumberRange range(NumberRanges, std::span<const Type>, const Type&) const { return {0, 1}; }
  constexpr Indexed indexed(std::span<const Type>, const Type&) const { return {0, along.size}; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out.reals()[i] = 0;
    for (std::size_t i = 0; i < in[0].size(); ++i) {
      const std::int32_t index = in[0].integers()[i];
      if (index >= 0 && static_cast<std::size_t>(index) < along.size)
        out.reals()[i * along.size + static_cast<std::size_t>(index)] = 1;
    }
  }
};

}  // namespace vitrine
