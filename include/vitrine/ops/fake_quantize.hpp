#pragma once
#include "vitrine/attributes.hpp"
#include "vitrine/expr.hpp"
#include "vitrine/quantized.hpp"
#include "vitrine/rows.hpp"

namespace vitrine {

/// Each row along the last axis, rounded to multiples of its largest magnitude over 127 (8 bits) or 32767 (16): what a
/// product by whole numbers sees of it. See row_scale.
struct FakeQuantize {
  VITRINE_ATTRIBUTES(FakeQuantize, (std::int64_t, bits));
  static constexpr Doc doc{.name = "fake_quantize",
                           .kind = Kind::quantization,
                           .rule =
                               "y = s round(x / s), s = max |x| / (2^(bits - 1) - 1) along the last axis; of halves "
                               "the even one",
                           .derivative = "refused: a step function has none; train first and quantize then"};
  static constexpr auto example() { return Example{FakeQuantize{8}, std::array{f32<2, 5>}}; }
  bool operator==(const FakeQuantize&) const = default;
  constexpr Inferred type(Type x) const {
    if (bits != 8 && bits != 16) return Sentence{} << "fake_quantize: knows 8 and 16 bits, got " << bits;
    if (x.dtype != DType::f32 || x.shape.empty()) return Sentence{} << "fake_quantize: wants rows of f32, got " << x;
    return x;
  }
  constexpr AxisReach reach(std::size_t, int axis, std::span<const Type> in, const Type&) const {
    return keeps_rows(axis, in[0]);
  }
  constexpr NumberRange range(NumberRanges of, std::span<const Type>, const Type&) const {
    // The largest magnitude stays, but for the rounding of its scale.
    const double grows = 1 + 0x1p-22;
    return of[0].with(0).known() ? NumberRange{of[0].with(0).least * grows, of[0].with(0).most * grows} : of[0];
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const Rows rows(out.shape(), out.shape().rank() - 1);
    const float most = most_code(bits);
    for (std::size_t row = 0; row < rows.outer; ++row) {
      const Real* const x = in[0].reals() + row * rows.size;
      const RowScale scale = row_scale(largest_of(x, rows.size), most);
      for (std::size_t i = 0; i < rows.size; ++i)
        out.reals()[row * rows.size + i] =
            static_cast<Real>(row_code(static_cast<float>(x[i]), scale, most)) * static_cast<Real>(scale.scale);
    }
  }
};

}  // namespace vitrine
