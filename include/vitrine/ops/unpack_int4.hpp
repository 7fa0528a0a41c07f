#pragma once
#include "vitrine/along.hpp"
#include "vitrine/attributes.hpp"
#include "vitrine/expr.hpp"
#include "vitrine/quantized.hpp"
#include "vitrine/rows.hpp"

namespace vitrine {

/// Codes of four bits, 0 to 15, two of which share a byte of x along one axis: see int4_place. `to` is that axis of the
/// result.
struct UnpackInt4 {
  VITRINE_ATTRIBUTES(UnpackInt4, (std::int64_t, axis), (std::int64_t, group), (Axis, to));
  static constexpr Doc doc{
      .name = "unpack_int4",
      .kind = Kind::quantization,
      .rule =
          "y[..., g + i, ...] = x[..., b + i, ...] mod 16, y[..., g + half + i, ...] = x[..., b + i, ...] / 16, for "
          "each group, which begins at g and whose bytes at b, and i < half of it",
      .derivative = "none: codes have none"};
  static constexpr auto example() { return Example{UnpackInt4{0, 4, 7}, std::array{Type{DType::u8, shape_of<4, 3>}}}; }
  bool operator==(const UnpackInt4&) const = default;

  constexpr Inferred type(Type x) const {
    if (x.dtype != DType::u8) return Sentence{} << "unpack_int4: wants bytes (u8) of two codes, got " << x;
    if (axis < 0 || axis >= x.shape.rank())
      return Sentence{} << "unpack_int4: there is no axis " << axis << " in " << x;
    if (group < 2) return Sentence{} << "unpack_int4: wants a group of two codes or more, got " << group;
    const int along = static_cast<int>(axis);
    const std::size_t bytes = int4_bytes(to.size, static_cast<std::size_t>(group));
    if (x.shape[along].size != bytes)
      return Sentence{} << "unpack_int4: " << to << " codes in groups of " << group << " lie in " << bytes
                        << " bytes, but axis " << axis << " of " << x << " has " << x.shape[along].size;
    return Type{DType::u8, x.shape.with(along, to)};
  }
  constexpr AxisReach reach(std::size_t, int at, std::span<const Type>, const Type&) const {
    return at == axis ? reaches_anything : keeps(at);
  }
  constexpr NumberRange range(NumberRanges, std::span<const Type>, const Type&) const { return {0, 15}; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const Rows from(in[0].shape(), static_cast<int>(axis)), rows(out.shape(), static_cast<int>(axis));
    for (std::size_t outer = 0; outer < rows.outer; ++outer)
      for (std::size_t i = 0; i < rows.size; ++i) {
        const auto [byte, upper] = int4_place(i, rows.size, static_cast<std::size_t>(group));
        const std::uint8_t* const x = in[0].booleans() + (outer * from.size + byte) * rows.inner;
        std::uint8_t* const y = out.booleans() + (outer * rows.size + i) * rows.inner;
        for (std::size_t k = 0; k < rows.inner; ++k) y[k] = upper ? x[k] >> 4 : x[k] & 15;
      }
  }
};

}  // namespace vitrine
