#pragma once
#include <vector>

#include "vitrine/ops/dequantize.hpp"

namespace vitrine {

/// What a product by codes is made of: x [..., M, K], codes [K, N] or turned [N, K], scales (and zeros) for every
/// `group` of them along K. Codes of four bits lie two to a byte, see int4_place.
struct QuantizedProduct {
  bool transpose_right;
  std::int64_t group, bits, row_bits;

  constexpr std::size_t step() const { return static_cast<std::size_t>(group); }
  /// The axis of codes, scales and zeros along which products are added up.
  constexpr int inner() const { return transpose_right ? 1 : 0; }

  constexpr Inferred type(std::string_view op, Type x, Type codes, Type scales, const Type* zeros) const {
    if (x.dtype != DType::f32 || x.shape.rank() < 2 || codes.shape.rank() != 2)
      return Sentence{} << op << ": wants f32[..., M, K] and codes [K, N], got " << x << " and " << codes;
    if ((bits != 4 && bits != 8) || (row_bits != 8 && row_bits != 16))
      return Sentence{} << op << ": knows codes of 4 and 8 bits and rows of 8 and 16, got " << bits << " and "
                        << row_bits;
    if (group < 1) return Sentence{} << op << ": wants a group of one code or more, got " << group;
    const Axis& K = x.shape[-1];
    // Two codes differ by 255 at most, and a sum of that many products must fit into 32 bits.
    const std::size_t most = (std::size_t{1} << 31) / (255 * static_cast<std::size_t>(most_code(row_bits)));
    if (step() > most && K.size > most)
      return Sentence{} << op << ": sums of " << (step() < K.size ? step() : K.size) << " products may not fit into 32 "
                        << "bits; take groups of at most " << most;
    if (bits == 4 && (codes.dtype != DType::u8 || group < 2))
      return Sentence{} << op << ": wants bytes (u8) of two codes each in groups of two or more, got " << codes;
    Type whole = codes;
    if (bits == 4) {
      if (codes.shape[inner()].size != int4_bytes(K.size, step()))
        return Sentence{} << op << ": " << K << " codes in groups of " << group << " lie in "
                          << int4_bytes(K.size, step()) << " bytes, got " << codes;
      whole.shape = codes.shape.with(inner(), K);
    }
    if (!agree(K, whole.shape[inner()]))
      return Sentence{} << op << ": inner axes differ in " << x << " x " << codes << ": " << K
                        << " != " << whole.shape[inner()];
    const Inferred dense = dequantized_type(op, inner(), group, whole, scales, zeros);
    if (!dense.ok()) return dense;
    return Type{DType::f32, x.shape.with(-1, dense.type.shape[1 - inner()])};
  }
  constexpr AxisReach reach(std::size_t operand, int axis, std::span<const Type> in, const Type& out) const {
    if (operand == 0) return keeps_rows(axis, in[0]);
    return axis == inner() ? reaches_anything : keeps(out.shape.rank() - 1);
  }

  /// Whole numbers are added up exactly, group by group; the groups' sums are multiplied by their scales and added one
  /// after the other, a product and a sum rounded once; in the end the row's scale. zero_of(i) is the zero of
  /// the group whose scale is number i, in steps of which so many lie between two codes.
  template <class Real>
  void run(const Buffer<Real>& x, const Buffer<Real>& codes, const Buffer<Real>& scales, const Buffer<Real>& out,
           const auto& zero_of, std::int32_t steps = 1) const {
    const std::size_t K = x.shape()[-1].size, N = out.shape()[-1].size, M = N == 0 ? 0 : out.size() / N;
    const std::size_t groups = groups_of(K, step()), packed = codes.shape()[inner()].size;
    const float most = most_code(row_bits);
    const auto code = [&](std::size_t k, std::size_t n) -> std::int32_t {
      if (bits == 8) return code_at(codes, transpose_right ? n * K + k : k * N + n);
      const auto [byte, upper] = int4_place(k, K, step());
      const std::int32_t two = code_at(codes, transpose_right ? n * packed + byte : byte * N + n);
      return upper ? two >> 4 : two & 15;
    };
    std::vector<std::int32_t> row(K);
    for (std::size_t m = 0; m < M; ++m) {
      const Real* const from = x.reals() + m * K;
      const RowScale row_is = row_scale(largest_of(from, K), most);
      for (std::size_t k = 0; k < K; ++k) row[k] = row_code(static_cast<float>(from[k]), row_is, most);
      for (std::size_t n = 0; n < N; ++n) {
        Real sum = 0;
        for (std::size_t g = 0; g < groups; ++g) {
          const std::size_t scale_at = transpose_right ? n * groups + g : g * N + n;
          const std::int32_t zero = zero_of(scale_at);
          std::int32_t whole = 0;
          for (std::size_t k = g * step(); k < K && k < (g + 1) * step(); ++k)
            whole += row[k] * (steps * code(k, n) - zero);
          const auto scale = static_cast<Real>(from_bfloat16(static_cast<const std::uint16_t*>(scales.data)[scale_at]));
          if constexpr (std::same_as<Real, float>)
            sum = math::detail::multiply_add(static_cast<float>(whole), scale, sum);
          else
            sum += static_cast<Real>(whole) * scale;
        }
        out.reals()[m * N + n] = sum * static_cast<Real>(row_is.scale / static_cast<float>(steps));
      }
    }
  }
};

/// matmul(fake_quantize(x) {row_bits}, dequantize(codes, scales) {group, zero}) by whole numbers: exact sums of
/// products of codes, a scale for each group. With `Asymmetric` each group has its own zero.
template <bool Asymmetric> struct QuantizedMatmul;

template <> struct QuantizedMatmul<false> {
  VITRINE_ATTRIBUTES(QuantizedMatmul, (bool, transpose_right), (std::int64_t, group), (std::int64_t, bits),
                     (std::int64_t, zero), (std::int64_t, row_bits));
  static constexpr Doc doc{.name = "quantized_matmul",
                           .kind = Kind::contraction,
                           .rule =
                               "r[m, n] = s[m] * sum over groups g of z[g, n] * sum over k in g of q[m, k] (y[k, n] "
                               "- zero), q = round(x / s), s = max |x[m]| / (2^(row_bits - 1) - 1)",
                           .derivative = "refused: a step function has none; train first and quantize then"};
  static constexpr bool leads = true;
  static constexpr auto example() {
    return Example{QuantizedMatmul{false, 2, 8, 0, 16},
                   std::array{f32<2, 5>, Type{DType::i8, shape_of<5, 3>}, Type{DType::bf16, shape_of<3, 3>}}};
  }
  bool operator==(const QuantizedMatmul&) const = default;
  constexpr QuantizedProduct product() const { return {transpose_right, group, bits, row_bits}; }

  constexpr Inferred type(Type x, Type codes, Type scales) const {
    const std::int64_t least = bits == 4 || codes.dtype == DType::u8 ? 0 : -128, most = bits == 4 ? 15 : least + 255;
    if (zero < least || zero > most)
      return Sentence{} << "quantized_matmul: wants a zero that is a code, " << least << " to " << most << ", got "
                        << zero;
    return product().type(doc.name, x, codes, scales, nullptr);
  }
  constexpr std::size_t multiply_adds(std::span<const Type> in, const Type& out) const {
    return out.shape.elements() * in[0].shape[-1].size;
  }
  constexpr AxisReach reach(std::size_t operand, int axis, std::span<const Type> in, const Type& out) const {
    return product().reach(operand, axis, in, out);
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    product().run(in[0], in[1], in[2], out, [this](std::size_t) { return static_cast<std::int32_t>(zero); });
  }
};

template <> struct QuantizedMatmul<true> {
  VITRINE_ATTRIBUTES(QuantizedMatmul, (bool, transpose_right), (std::int64_t, group), (std::int64_t, bits),
                     (std::int64_t, row_bits));
  static constexpr Doc doc{.name = "quantized_matmul_asymmetric",
                           .kind = Kind::contraction,
                           .rule =
                               "r[m, n] = s[m] * sum over groups g of z[g, n] * sum over k in g of q[m, k] (y[k, n] "
                               "- w[g, n] / 16), q = round(x / s), s = max |x[m]| / (2^(row_bits - 1) - 1)",
                           .derivative = "refused: a step function has none; train first and quantize then"};
  static constexpr bool leads = true;
  static constexpr auto example() {
    return Example{QuantizedMatmul{true, 4, 4, 16},
                   std::array{f32<2, 6>, Type{DType::u8, shape_of<3, 3>}, Type{DType::bf16, shape_of<3, 2>},
                              Type{DType::u8, shape_of<3, 2>}}};
  }
  bool operator==(const QuantizedMatmul&) const = default;
  constexpr QuantizedProduct product() const { return {transpose_right, group, bits, row_bits}; }

  constexpr Inferred type(Type x, Type codes, Type scales, Type zeros) const {
    if (bits != 4) return Sentence{} << "quantized_matmul_asymmetric: wants codes of 4 bits, got " << bits;
    return product().type(doc.name, x, codes, scales, &zeros);
  }
  constexpr std::size_t multiply_adds(std::span<const Type> in, const Type& out) const {
    return out.shape.elements() * in[0].shape[-1].size;
  }
  constexpr AxisReach reach(std::size_t operand, int axis, std::span<const Type> in, const Type& out) const {
    return product().reach(operand, axis, in, out);
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    product().run(
        in[0], in[1], in[2], out,
        [&](std::size_t at) { return std::int32_t{static_cast<const std::uint8_t*>(in[3].data)[at]}; }, zero_steps);
  }
};

}  // namespace vitrine
