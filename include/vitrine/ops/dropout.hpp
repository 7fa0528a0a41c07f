#pragma once
#include "vitrine/attributes.hpp"
#include "vitrine/dropout_mask.hpp"
#include "vitrine/expr.hpp"

namespace vitrine {

/// Each element of x is 0 with probability `rate`, else x / (1 - rate) (Srivastava et al., Dropout, JMLR 15, 2014,
/// section 10, "inverted"). Which ones follows from the run's seed i32[2], the step i32[] and the stream alone: two ops
/// with one stream drop alike. A dropped element is 0 even if it was infinite or NaN.
struct Drop {
  VITRINE_ATTRIBUTES(Drop, (Float, rate), (std::int64_t, stream));
  static constexpr Doc doc{
      .name = "dropout",
      .kind = Kind::normalization,
      .rule = "y = 0 where random(seed, step, stream, element) < rate, else x / (1 - rate)",
      .derivative = "dx = dropout(dy, seed, step) with the same rate and stream, and so the same mask"};
  static constexpr auto example() { return Example{Drop{0.5f, 1}, std::array{f32<3, 5>, i32<2>, i32<>}}; }
  bool operator==(const Drop&) const = default;

  constexpr Inferred type(Type x, Type seed, Type step) const {
    if (!(rate >= 0.f && rate <= 1.f)) return Sentence{} << "dropout: the rate is not from 0 to 1";
    if (x.dtype != DType::f32) return Sentence{} << "dropout: wants f32, got " << x;
    if (seed != i32<2> || step != i32<>)
      return Sentence{} << "dropout: wants a seed i32[2] and a step i32[], got " << seed << " and " << step;
    return x;
  }
  Gradients vjp(auto in, auto, auto g) const { return {emit(*this, {g, in[1], in[2]}), Value{}, Value{}}; }
  constexpr AxisReach reach(std::size_t operand, int axis, std::span<const Type>, const Type&) const {
    return operand == 0 ? keeps(axis) : reaches_anything;
  }
  NumberRange range(NumberRanges of, std::span<const Type>, const Type&) const {
    const double factor = static_cast<double>(dropout_factor(rate));
    return NumberRange{of[0].least == 0 ? 0 : of[0].least * factor, of[0].most == 0 ? 0 : of[0].most * factor}.with(0);
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const DropoutMask mask(in[1].integers(), in[2].integers()[0], stream, rate);
    mask.apply(in[0].reals(), out.reals(), 0, out.size(), static_cast<Real>(dropout_factor(rate)));
  }
};

}  // namespace vitrine
