#pragma once
#include "vitrine/along.hpp"
#include "vitrine/attributes.hpp"
#include "vitrine/ops/reshape.hpp"
#include "vitrine/rows.hpp"

namespace vitrine {

/// Where along an axis the largest number is: i32, without that axis. The first of equals wins; a NaN is larger than
/// any number, and the first NaN wins, so that a broken row is not taken for a sure answer elsewhere.
struct Argmax {
  VITRINE_ATTRIBUTES(Argmax, (std::int64_t, axis));
  static constexpr Doc doc{.name = "argmax",
                           .kind = Kind::reduction,
                           .rule = "y = the first i with the largest x[..., i, ...] along axis number `axis`",
                           .derivative = "none: an index has none"};
  static constexpr auto example() { return Example{Argmax{1}, std::array{f32<2, 3, 4>}}; }
  bool operator==(const Argmax&) const = default;

  constexpr Inferred type(Type a) const {
    if (a.dtype != DType::f32) return Sentence{} << "argmax: wants f32, got " << a;
    if (axis < 0 || axis >= a.shape.rank())
      return Sentence{} << "argmax: there is no axis " << axis << " in " << a.shape;
    if (a.shape[static_cast<int>(axis)].size == 0)
      return Sentence{} << "argmax: axis " << axis << " of " << a.shape << " has no element that could be the largest";
    Shape made;
    for (int i = 0; i < a.shape.rank(); ++i)
      if (i != axis) made << a.shape[i];
    return Type{DType::i32, made};
  }
  Gradients vjp(auto in, auto, auto) const { return Gradients(in.size()); }
  constexpr AxisReach reach(std::size_t, int at, std::span<const Type>, const Type&) const {
    return at == axis ? reaches_anything : keeps(at > axis ? at - 1 : at);
  }
  constexpr NumberRange range(NumberRanges, std::span<const Type> in, const Type&) const {
    return {0, static_cast<double>(in[0].shape[static_cast<int>(axis)].size) - 1};
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const Rows rows(in[0].shape(), static_cast<int>(axis));
    for (std::size_t outer = 0; outer < rows.outer; ++outer)
      for (std::size_t k = 0; k < rows.inner; ++k) {
        const Real* x = in[0].reals() + outer * rows.size * rows.inner + k;
        std::size_t best = 0;
        for (std::size_t i = 1; i < rows.size; ++i) {
          const Real next = x[i * rows.inner], top = x[best * rows.inner];
          if (next > top || (next != next && top == top)) best = i;
        }
        out.integers()[outer * rows.inner + k] = static_cast<std::int32_t>(best);
      }
  }
};

/// argmax<kind>(y), argmax<-1>(y)
template <Along A> constexpr auto argmax(Operand auto&& x) {
  const auto choose = [](const Shape& shape) {
    const FoundAxis found = A.in("argmax", shape);
    return Chosen<Argmax>{{found.at}, found.why};
  };
  return apply_chosen(choose, std::forward<decltype(x)>(x));
}
/// Over all axes: the place among all elements, in row-major order; i32[].
constexpr auto argmax(Operand auto&& x) { return argmax<0>(reshape<-1>(std::forward<decltype(x)>(x))); }

}  // namespace vitrine
