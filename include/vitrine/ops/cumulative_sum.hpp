#pragma once
#include <algorithm>

#include "vitrine/along.hpp"
#include "vitrine/attributes.hpp"
#include "vitrine/continuation.hpp"
#include "vitrine/ops/concat.hpp"
#include "vitrine/rows.hpp"

namespace vitrine {

/// Along an axis, the sum of the elements so far: with x[i] itself, or, `exclusive`, before it; with `reverse` from the
/// end. Added one after the other, so that the sums do not depend on the number of threads.
struct CumulativeSum {
  VITRINE_ATTRIBUTES(CumulativeSum, (std::int64_t, axis), (bool, exclusive), (bool, reverse));
  static constexpr Doc doc{
      .name = "cumulative_sum",
      .kind = Kind::reduction,
      .rule = "y[i] = sum over k <= i of x[k] along axis number `axis`; exclusive: k < i; reverse: from the end",
      .derivative = "dx = cumulative_sum(dy) from the other end"};
  static constexpr auto example() { return Example{CumulativeSum{1, true, false}, std::array{f32<2, 4, 3>}}; }
  bool operator==(const CumulativeSum&) const = default;

  constexpr Inferred type(Type a) const {
    if (a.dtype != DType::f32) return Sentence{} << "cumulative_sum: wants f32, got " << a;
    if (axis < 0 || axis >= a.shape.rank())
      return Sentence{} << "cumulative_sum: there is no axis " << axis << " in " << a.shape;
    return a;
  }
  Gradients vjp(auto, auto, auto g) const { return {emit(CumulativeSum{axis, exclusive, !reverse}, {g})}; }
  constexpr AxisReach reach(std::size_t, int at, std::span<const Type>, const Type&) const {
    if (at != axis) return keeps(at);
    const std::ptrdiff_t near = exclusive ? 1 : 0;
    return reverse ? AxisReach{at, near, AxisReach::far} : AxisReach{at, -AxisReach::far, -near};
  }
  constexpr NumberRange range(NumberRanges of, std::span<const Type> in, const Type&) const {
    return of[0].times(in[0].shape[static_cast<int>(axis)].size).with(of[0]).with(0);
  }
  static constexpr bool carries = true;
  /// The sum so far goes in front, so that the same numbers are added in the same order.
  Value continued(Continuation& c) const {
    const int at = static_cast<int>(axis);
    const Value x = c.rows(0);
    const auto rows = static_cast<std::int64_t>(x.type().shape[at].size);
    const Value sums = emit(CumulativeSum{axis, false, false}, {emit(Concat{axis}, {c.carried(x, at), x})});
    c.carry(sums, at);
    return emit(Slice{axis, exclusive ? 0 : 1, exclusive ? rows : rows + 1, 1}, {sums});
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const Rows rows(in[0].shape(), static_cast<int>(axis));
    std::vector<Real> sums(rows.inner);
    for (std::size_t outer = 0; outer < rows.outer; ++outer) {
      std::ranges::fill(sums, Real(0));
      for (std::size_t i = 0; i < rows.size; ++i) {
        const std::size_t row = (outer * rows.size + (reverse ? rows.size - 1 - i : i)) * rows.inner;
        for (std::size_t k = 0; k < rows.inner; ++k) {
          const Real before = sums[k];
          sums[k] += in[0].reals()[row + k];
          out.reals()[row + k] = exclusive ? before : sums[k];
        }
      }
    }
  }
};

/// cumulative_sum<time>(x), cumulative_sum<-1, true>(x) exclusive, cumulative_sum<0, false, true>(x) from the end.
template <Along A, bool Exclusive = false, bool Reverse = false> constexpr auto cumulative_sum(Operand auto&& x) {
  const auto choose = [](const Shape& shape) {
    const FoundAxis found = A.in("cumulative_sum", shape);
    return Chosen<CumulativeSum>{{found.at, Exclusive, Reverse}, found.why};
  };
  return apply_chosen(choose, std::forward<decltype(x)>(x));
}

}  // namespace vitrine
