#pragma once
#include "vitrine/attributes.hpp"
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// The same numbers in another type. From i32 to f32 the nearest float; from bf16 itself; from a mask 0 and 1; to a
/// mask: not 0; from f32 to i32 towards 0, to the nearest end of the range beyond it, and 0 for NaN.
struct Cast {
  VITRINE_ATTRIBUTES(Cast, (DType, to));
  static constexpr Doc doc{.name = "cast",
                           .kind = Kind::layout,
                           .rule = "y = x as another type",
                           .derivative = "dx = dy from f32 to f32; else none: integers and masks have none"};
  static constexpr auto example() { return Example{Cast{DType::f32}, std::array{i32<2, 3>}}; }
  bool operator==(const Cast&) const = default;
  constexpr Inferred type(Type a) const {
    const auto known = [](DType d) { return d == DType::f32 || d == DType::i32 || d == DType::boolean; };
    if (!known(to) || (!known(a.dtype) && a.dtype != DType::u8 && a.dtype != DType::i8 &&
                       !(a.dtype == DType::bf16 && to == DType::f32)))
      return Sentence{} << "cast: knows f32, i32 and bool, from u8 and i8, and from bf16 to f32, got " << a << " to "
                        << to;
    return Type{to, a.shape};
  }
  constexpr AxisReach reach(std::size_t, int axis, std::span<const Type>, const Type&) const { return keeps(axis); }
  constexpr NumberRange range(NumberRanges of, std::span<const Type> in, const Type&) const {
    if (to == DType::boolean) return {0, 1};
    // Towards 0, and the nearest end beyond i32's range; NaN becomes 0.
    if (to == DType::i32 && in[0].dtype == DType::f32) return of[0].known() ? of[0].with(0) : of[0];
    return of[0];
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    for (std::size_t i = 0; i < out.size(); ++i) {
      // Whole numbers stay whole: a float knows every integer only up to 2^24.
      if (in[0].type.dtype != DType::f32 && in[0].type.dtype != DType::bf16)
        store<std::int64_t>(out, i, load<std::int64_t>(in[0], i));
      else if (to == DType::i32)
        out.integers()[i] = whole(load<double>(in[0], i).value);
      else
        store<Real>(out, i, load<Real>(in[0], i));
    }
  }
  Gradients vjp(auto in, auto, auto g) const {
    return {to == DType::f32 && in[0].type().dtype == DType::f32 ? g : Value{}};
  }

 private:
  static std::int32_t whole(double x) {
    constexpr double least = -2147483648.0, most = 2147483647.0;
    return x != x ? 0 : x <= least ? -2147483647 - 1 : x >= most ? 2147483647 : static_cast<std::int32_t>(x);
  }
};

template <DType To> constexpr auto cast(Operand auto&& x) { return apply<Cast{To}>(std::forward<decltype(x)>(x)); }

}  // namespace vitrine
