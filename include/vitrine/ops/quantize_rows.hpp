#pragma once
// Rows of numbers as codes of eight bits, each with a scale of its own: what a cache in few bits keeps.
#include <cmath>

#include "vitrine/ops/dequantize.hpp"

namespace vitrine {

/// The scale of a row, bf16: its largest magnitude over 127, rounded. 0 for a row of zeros; NaN where it holds NaN or
/// infinity.
template <class Real> std::uint16_t row_scale_of(const Real* row, std::size_t count) {
  return to_bfloat16(largest_of(row, count) / 127.f);
}

struct RowScales {
  static constexpr Doc doc{.name = "row_scales",
                           .kind = Kind::quantization,
                           .rule = "y = max |x| / 127 along the last axis, which becomes 1",
                           .derivative = "none: codes and scales are steps"};
  static constexpr auto example() { return Example{RowScales{}, std::array{f32<2, 5>}}; }
  bool operator==(const RowScales&) const = default;
  constexpr Inferred type(Type x) const {
    if (x.dtype != DType::f32 || x.shape.empty()) return Sentence{} << "row_scales: wants rows of f32, got " << x;
    return Type{DType::bf16, x.shape.with(-1, 1)};
  }
  constexpr AxisReach reach(std::size_t, int axis, std::span<const Type> in, const Type&) const {
    return keeps_rows(axis, in[0]);
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const Rows rows(in[0].shape(), in[0].shape().rank() - 1);
    for (std::size_t row = 0; row < rows.outer; ++row)
      static_cast<std::uint16_t*>(out.data)[row] = row_scale_of(in[0].reals() + row * rows.size, rows.size);
  }
};

/// The codes that belong to row_scales: dequantize(quantize_rows(x), row_scales(x)) along the last axis, in one group,
/// is about x. Of a row whose scale is 0 or NaN all codes are 0.
struct QuantizeRows {
  static constexpr Doc doc{.name = "quantize_rows",
                           .kind = Kind::quantization,
                           .rule = "y = round(x / row_scales(x)), of halves the even one, from -127 to 127",
                           .derivative = "none: codes and scales are steps"};
  static constexpr auto example() { return Example{QuantizeRows{}, std::array{f32<2, 5>}}; }
  bool operator==(const QuantizeRows&) const = default;
  constexpr Inferred type(Type x) const {
    if (x.dtype != DType::f32 || x.shape.empty()) return Sentence{} << "quantize_rows: wants rows of f32, got " << x;
    return Type{DType::i8, x.shape};
  }
  constexpr AxisReach reach(std::size_t, int axis, std::span<const Type> in, const Type&) const {
    return keeps_rows(axis, in[0]);
  }
  constexpr NumberRange range(NumberRanges, std::span<const Type>, const Type&) const { return {-127, 127}; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const Rows rows(in[0].shape(), in[0].shape().rank() - 1);
    for (std::size_t row = 0; row < rows.outer; ++row) {
      const Real* const x = in[0].reals() + row * rows.size;
      const float scale = from_bfloat16(row_scale_of(x, rows.size)), inverse = 1.f / scale;
      const bool sound = inverse - inverse == 0.f && inverse != 0.f;  // neither 0 nor NaN nor infinite
      auto* const codes = static_cast<std::int8_t*>(out.data) + row * rows.size;
      for (std::size_t i = 0; i < rows.size; ++i)
        codes[i] = static_cast<std::int8_t>(sound ? row_code(static_cast<float>(x[i]), {scale, inverse}, 127.f) : 0);
    }
  }
};

}  // namespace vitrine
