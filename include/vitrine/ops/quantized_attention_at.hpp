#pragma once
#include "vitrine/ops/attention_at.hpp"
#include "vitrine/ops/dequantize.hpp"

namespace vitrine {

/// attention_at to a cache in eight bits: codes of keys and values with a scale for each row, as quantize_rows and
/// row_scales make them. Bit for bit attention_at(q, dequantize(keys), dequantize(values), position).
struct QuantizedAttentionAt {
  VITRINE_ATTRIBUTES(QuantizedAttentionAt, (Float, scale), (std::int64_t, window), (bool, ring));
  static constexpr Doc doc{.name = "quantized_attention_at",
                           .kind = Kind::contraction,
                           .rule =
                               "r = attention_at(x, dequantize(keys, scales), dequantize(values, scales), position), "
                               "rows of codes with a scale each",
                           .derivative = "refused: it stands in what is derived from a model in use"};
  static constexpr auto example() {
    return Example{
        QuantizedAttentionAt{0.5f, 2, false},
        std::array{f32<2, 2, 3, 2>, Type{DType::i8, shape_of<2, 1, 6, 2>}, Type{DType::bf16, shape_of<2, 1, 6, 1>},
                   Type{DType::i8, shape_of<2, 1, 6, 3>}, Type{DType::bf16, shape_of<2, 1, 6, 1>}, i32<2>}};
  }
  bool operator==(const QuantizedAttentionAt&) const = default;
  constexpr AttentionAt whole() const { return {scale, window, ring}; }

  constexpr Inferred type(Type q, Type keys, Type key_scales, Type values, Type value_scales, Type position) const {
    const Inferred k = rows_of(keys, key_scales), v = rows_of(values, value_scales);
    if (!k.ok()) return k;
    if (!v.ok()) return v;
    return whole().type(q, k.type, v.type, position);
  }
  constexpr std::size_t multiply_adds(std::span<const Type> in, const Type& out) const {
    const std::array types = dense_types(in);
    return whole().multiply_adds(types, out);
  }
  constexpr AxisReach reach(std::size_t operand, int axis, std::span<const Type> in, const Type& out) const {
    const std::array types = dense_types(in);
    constexpr std::array<std::size_t, 6> of{0, 1, 1, 2, 2, 3};
    const bool scales = operand == 2 || operand == 4;
    if (scales && axis == in[operand].shape.rank() - 1) return reaches_anything;
    return whole().reach(of[operand], axis, types, out);
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    std::vector<Real> keys(in[1].size()), values(in[3].size());
    const std::array types =
        dense_types(std::array{in[0].type, in[1].type, in[2].type, in[3].type, in[4].type, in[5].type});
    const Buffer<Real> k{types[1], keys.data()}, v{types[2], values.data()};
    dequantize(in.subspan(1, 2), k);
    dequantize(in.subspan(3, 2), v);
    const std::array given{in[0], k, v, in[5]};
    whole().run(Buffers<Real>(given), out);
  }

 private:
  static constexpr Inferred rows_of(const Type& codes, const Type& scales) {
    if (codes.dtype != DType::i8 || codes.shape.empty())
      return Sentence{} << "quantized_attention_at: wants rows of codes (i8), got " << codes;
    const auto each = static_cast<std::int64_t>(codes.shape[-1].size);
    return dequantized_type(doc.name, codes.shape.rank() - 1, each < 1 ? 1 : each, codes, scales, nullptr);
  }
  /// Query, keys, values and position as attention_at has them.
  static constexpr std::array<Type, 4> dense_types(std::span<const Type> in) {
    return {in[0], Type{DType::f32, in[1].shape}, Type{DType::f32, in[3].shape}, in[5]};
  }
  template <class Real> static void dequantize(Buffers<Real> codes, const Buffer<Real>& out) {
    const auto each = static_cast<std::int64_t>(out.shape()[-1].size);
    if (out.size() != 0) Dequantize<false>{out.shape().rank() - 1, each, 0}.run(codes, out);
  }
};

}  // namespace vitrine
