#pragma once
#include <cstring>

#include "vitrine/ops/scatter_add.hpp"

namespace vitrine {

/// Rows of one axis of x, picked by number: the axis gives way to the axes of the index. An embedding is
/// gather(weight [token, width], index [batch, time]): [batch, time, width]. A run throws InputError for an index
/// outside of the axis.
struct Gather {
  VITRINE_ATTRIBUTES(Gather, (std::int64_t, axis));
  static constexpr Doc doc{.name = "gather",
                           .kind = Kind::layout,
                           .rule = "r[..., i, ...] = x[..., y[i], ...] along axis number `axis` of x",
                           .derivative = "dx = scatter_add(dr, y)"};
  static constexpr auto example() { return Example{Gather{1}, std::array{f32<2, 3, 2>, i32<2, 2>}}; }
  bool operator==(const Gather&) const = default;

  constexpr Inferred type(Type x, Type index) const {
    if (index.dtype != DType::i32) return Sentence{} << "gather: wants indices (i32), got " << index;
    const int rank = x.shape.rank(), indices = index.shape.rank();
    if (axis < 0 || axis >= rank) return Sentence{} << "gather: there is no axis " << axis << " in " << x;
    if (rank - 1 + indices > static_cast<int>(Shape::max_rank))
      return Sentence{} << "gather: no room for the axes of " << index << " in " << x;
    Shape made;
    for (int i = 0; i < rank; ++i) {
      if (i != axis) made << x.shape[i];
      for (int k = 0; i == axis && k < indices; ++k) made << index.shape[k];
    }
    return Type{x.dtype, made};
  }
  Gradients vjp(auto in, auto, auto g) const {
    const Axis along = in[0].type().shape[static_cast<int>(axis)];
    return {emit(ScatterAdd{axis, along}, {g, in[1]}), Value{}};
  }
  constexpr AxisReach reach(std::size_t operand, int at, std::span<const Type> in, const Type&) const {
    const int along = static_cast<int>(axis), indices = in[1].shape.rank();
    if (operand == 1) return keeps(along + at);
    return at == along ? reaches_anything : keeps(at < along ? at : at - 1 + indices);
  }
  constexpr NumberRange range(NumberRanges of, std::span<const Type>, const Type&) const { return of[0]; }
  constexpr Indexed indexed(std::span<const Type> in, const Type&) const {
    return {1, in[0].shape[static_cast<int>(axis)].size};
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const Rows rows(in[0].shape(), static_cast<int>(axis));
    const std::size_t bytes = rows.inner * stored_size<Real>(out.type.dtype), count = in[1].size();
    auto* to = static_cast<std::byte*>(out.data);
    for (std::size_t outer = 0; outer < rows.outer; ++outer)
      for (std::size_t i = 0; i < count; ++i, to += bytes) {
        const std::size_t row = outer * rows.size + index_within(doc.name, in[1].integers(), i, rows.size);
        if (bytes) std::memcpy(to, static_cast<const std::byte*>(in[0].data) + row * bytes, bytes);
      }
  }
};

inline Value gather(Value x, Value index, int axis) { return emit(Gather{axis}, {x, index}); }

/// gather(weight, index) picks along the first axis, gather<token>(x, index) along any.
template <Along A = 0> constexpr auto gather(Operand auto&& x, Operand auto&& index) {
  const auto choose = [](const Shape& shape) {
    const FoundAxis found = A.in("gather", shape);
    return Chosen<Gather>{{found.at}, found.why};
  };
  return apply_chosen(choose, std::forward<decltype(x)>(x), std::forward<decltype(index)>(index));
}

}  // namespace vitrine
