#pragma once
#include "vitrine/along_last.hpp"
#include "vitrine/ops/exp.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/sub.hpp"
#include "vitrine/ops/sum_to.hpp"

namespace vitrine {

/// The logarithm of softmax along the last axis, from x - max(x) so that nothing overflows, and without the logarithm
/// of a 0 that softmax rounded to.
struct LogSoftmax {
  static constexpr bool leads = true;
  static constexpr Doc doc{.name = "log_softmax",
                           .kind = Kind::normalization,
                           .rule = "y = x - log(sum of exp(x) along the last axis)",
                           .derivative = "dx = dy - exp(y) * (sum of dy along the last axis)"};
  static constexpr auto example() { return Example{LogSoftmax{}, std::array{f32<2, 3>}}; }
  bool operator==(const LogSoftmax&) const = default;
  constexpr Inferred type(Type a) const {
    if (a.dtype != DType::f32 || a.shape.rank() < 1)
      return Sentence{} << "log_softmax: wants f32 with one axis or more, got " << a;
    return a;
  }
  Gradients vjp(auto, auto y, auto g) const { return {g - exp(y) * sum_to(g, y.type().shape.with(-1, 1))}; }
  constexpr AxisReach reach(std::size_t, int axis, std::span<const Type> in, const Type&) const {
    return keeps_rows(axis, in[0]);
  }
  constexpr Ignored ignores(std::size_t, int axis, std::span<const Type>, const Type&) const {
    return {.number = -NumberRange::infinity, .axis = axis, .makes = -NumberRange::infinity};
  }
  constexpr NumberRange range(NumberRanges, std::span<const Type>, const Type&) const { return {.most = 0}; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const std::size_t N = out.shape()[-1].size;
    for (std::size_t row = 0; row < out.size(); row += N) {
      const Real* x = in[0].reals() + row;
      Real top = x[0], sum = 0;
      for (std::size_t i = 1; i < N; ++i) top = math::maximum(top, x[i]);
      for (std::size_t i = 0; i < N; ++i) sum += math::exp(x[i] - top);
      for (std::size_t i = 0; i < N; ++i) out.reals()[row + i] = (x[i] - top) - math::log(sum);
    }
  }
};

/// log_softmax(x) along the last axis; log_softmax<time>(x), log_softmax<0>(x) along another.
constexpr auto log_softmax(Operand auto&& x) { return apply<LogSoftmax{}>(std::forward<decltype(x)>(x)); }
template <Along A> constexpr auto log_softmax(Operand auto&& x) {
  return apply_along<LogSoftmax{}, A>(std::forward<decltype(x)>(x));
}

}  // namespace vitrine
