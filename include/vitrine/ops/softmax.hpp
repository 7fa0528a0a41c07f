#pragma once
#include "vitrine/along_last.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/sub.hpp"
#include "vitrine/ops/sum_to.hpp"

namespace vitrine {

/// exp(x) / sum of exp(x) along the last axis, computed from x - max(x) so that nothing overflows.
struct Softmax {
  static constexpr bool leads = true;
  static constexpr Doc doc{.name = "softmax",
                           .kind = Kind::normalization,
                           .rule = "y = exp(x) / sum of exp(x) along the last axis",
                           .derivative = "dx = y * (dy - sum of dy * y along the last axis)"};
  static constexpr auto example() { return Example{Softmax{}, std::array{f32<2, 3>}}; }
  bool operator==(const Softmax&) const = default;
  constexpr Inferred type(Type a) const {
    if (a.dtype != DType::f32 || a.shape.rank() < 1)
      return Sentence{} << "softmax: wants f32 with one axis or more, got " << a;
    return a;
  }
  Gradients vjp(auto, auto y, auto g) const { return {y * (g - sum_to(g * y, y.type().shape.with(-1, 1)))}; }
  constexpr AxisReach reach(std::size_t, int axis, std::span<const Type> in, const Type&) const {
    return keeps_rows(axis, in[0]);
  }
  constexpr Ignored ignores(std::size_t, int axis, std::span<const Type>, const Type&) const {
    return {.number = -NumberRange::infinity, .axis = axis, .makes = 0};
  }
  constexpr NumberRange range(NumberRanges, std::span<const Type>, const Type&) const { return {0, 1}; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const std::size_t N = out.shape()[-1].size;
    for (std::size_t row = 0; row < out.size(); row += N) {
      const Real* x = in[0].reals() + row;
      Real* y = out.reals() + row;
      Real top = x[0], sum = 0;
      for (std::size_t i = 1; i < N; ++i) top = math::maximum(top, x[i]);
      for (std::size_t i = 0; i < N; ++i) sum += y[i] = math::exp(x[i] - top);
      for (std::size_t i = 0; i < N; ++i) y[i] /= sum;
    }
  }
};

/// softmax(x) along the last axis; softmax<time>(x), softmax<0>(x) along another.
constexpr auto softmax(Operand auto&& x) { return apply<Softmax{}>(std::forward<decltype(x)>(x)); }
template <Along A> constexpr auto softmax(Operand auto&& x) {
  return apply_along<Softmax{}, A>(std::forward<decltype(x)>(x));
}

}  // namespace vitrine
