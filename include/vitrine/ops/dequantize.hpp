#pragma once
#include "vitrine/along.hpp"
#include "vitrine/attributes.hpp"
#include "vitrine/expr.hpp"
#include "vitrine/quantized.hpp"
#include "vitrine/rows.hpp"

namespace vitrine {

/// The type of what codes, their scales and zeros stand for.
constexpr Inferred dequantized_type(std::string_view op, std::int64_t axis, std::int64_t group, const Type& codes,
                                    const Type& scales, const Type* zeros) {
  if (codes.dtype != DType::i8 && codes.dtype != DType::u8)
    return Sentence{} << op << ": wants codes (i8 or u8), got " << codes;
  if (axis < 0 || axis >= codes.shape.rank())
    return Sentence{} << op << ": there is no axis " << axis << " in " << codes;
  if (group < 1) return Sentence{} << op << ": wants a group of one code or more, got " << group;
  const int along = static_cast<int>(axis);
  const Shape wanted = codes.shape.with(along, groups_of(codes.shape[along].size, static_cast<std::size_t>(group)));
  if (scales.dtype != DType::bf16 || !agree(scales.shape, wanted))
    return Sentence{} << op << ": groups of " << group << " along axis " << axis << " of " << codes << " want scales "
                      << Type{DType::bf16, wanted} << ", got " << scales;
  if (zeros && (zeros->dtype != DType::u8 || !agree(zeros->shape, wanted)))
    return Sentence{} << op << ": groups of " << group << " along axis " << axis << " of " << codes << " want zeros "
                      << Type{DType::u8, wanted} << ", got " << *zeros;
  return Type{DType::f32, codes.shape};
}

/// Code number i of a tensor, i8 or u8.
template <class Real> std::int32_t code_at(const Buffer<Real>& codes, std::size_t i) {
  return codes.type.dtype == DType::i8 ? static_cast<const std::int8_t*>(codes.data)[i]
                                       : std::int32_t{static_cast<const std::uint8_t*>(codes.data)[i]};
}

/// out = scale * (steps * code - zero_of(group)) / steps, where a zero counts steps of which so many lie between two
/// codes.
template <class Real>
void dequantize_groups(Buffers<Real> in, std::int64_t axis, std::int64_t group, std::int32_t steps, const auto& zero_of,
                       const Buffer<Real>& out) {
  const Rows rows(out.shape(), static_cast<int>(axis));
  const std::size_t step = static_cast<std::size_t>(group), groups = groups_of(rows.size, step);
  const auto* const scales = static_cast<const std::uint16_t*>(in[1].data);
  for (std::size_t outer = 0; outer < rows.outer; ++outer)
    for (std::size_t i = 0; i < rows.size; ++i)
      for (std::size_t k = 0; k < rows.inner; ++k) {
        const std::size_t at = (outer * rows.size + i) * rows.inner + k;
        const std::size_t of = (outer * groups + i / step) * rows.inner + k;
        out.reals()[at] = static_cast<Real>(from_bfloat16(scales[of])) *
                          static_cast<Real>(steps * code_at(in[0], at) - zero_of(of)) / static_cast<Real>(steps);
      }
}

/// Numbers from codes: `group` codes behind each other along an axis share a scale, bf16, and all have one zero
/// (Jacob et al., arXiv 1712.05877, equation 1, for each group). With `Asymmetric` each group has its own zero, u8,
/// which counts sixteenths (zero_steps).
template <bool Asymmetric> struct Dequantize;

template <> struct Dequantize<false> {
  VITRINE_ATTRIBUTES(Dequantize, (std::int64_t, axis), (std::int64_t, group), (std::int64_t, zero));
  static constexpr Doc doc{.name = "dequantize",
                           .kind = Kind::quantization,
                           .rule =
                               "r[..., i, ...] = y[..., i / group, ...] * (x[..., i, ...] - zero) along axis number "
                               "`axis`",
                           .derivative = "none: codes have none"};
  static constexpr auto example() {
    return Example{Dequantize{0, 2, 0}, std::array{Type{DType::i8, shape_of<5, 3>}, Type{DType::bf16, shape_of<3, 3>}}};
  }
  bool operator==(const Dequantize&) const = default;
  constexpr Inferred type(Type codes, Type scales) const {
    if (zero < -128 || zero > 255) return Sentence{} << "dequantize: wants a zero that is a code, got " << zero;
    return dequantized_type(doc.name, axis, group, codes, scales, nullptr);
  }
  constexpr AxisReach reach(std::size_t operand, int at, std::span<const Type>, const Type&) const {
    return operand == 0 || at != axis ? keeps(at) : reaches_anything;
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const auto own = [this](std::size_t) { return static_cast<std::int32_t>(zero); };
    dequantize_groups(in, axis, group, 1, own, out);
  }
};

template <> struct Dequantize<true> {
  VITRINE_ATTRIBUTES(Dequantize, (std::int64_t, axis), (std::int64_t, group));
  static constexpr Doc doc{.name = "dequantize_asymmetric",
                           .kind = Kind::quantization,
                           .rule =
                               "r[..., i, ...] = y[..., i / group, ...] * (x[..., i, ...] - z[..., i / group, "
                               "...] / 16) along axis number `axis`",
                           .derivative = "none: codes have none"};
  static constexpr auto example() {
    return Example{Dequantize{1, 2}, std::array{Type{DType::u8, shape_of<3, 5>}, Type{DType::bf16, shape_of<3, 3>},
                                                Type{DType::u8, shape_of<3, 3>}}};
  }
  bool operator==(const Dequantize&) const = default;
  constexpr Inferred type(Type codes, Type scales, Type zeros) const {
    return dequantized_type(doc.name, axis, group, codes, scales, &zeros);
  }
  constexpr AxisReach reach(std::size_t operand, int at, std::span<const Type>, const Type&) const {
    return operand == 0 || at != axis ? keeps(at) : reaches_anything;
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const auto zero_of = [&](std::size_t of) { return std::int32_t{in[2].booleans()[of]}; };
    dequantize_groups(in, axis, group, zero_steps, zero_of, out);
  }
};

}  // namespace vitrine
