#pragma once
#include <string>

#include "vitrine/along.hpp"
#include "vitrine/attributes.hpp"
#include "vitrine/rows.hpp"

namespace vitrine {

Value gather(Value x, Value index, int axis);  // in gather.hpp, which undoes what ScatterAdd does

/// The index at `position`, if it is below `size`. Throws InputError otherwise: data decide it, not the program.
inline std::size_t index_within(std::string_view op, const std::int32_t* index, std::size_t position,
                                std::size_t size) {
  const std::int32_t i = index[position];
  if (i >= 0 && static_cast<std::size_t>(i) < size) return static_cast<std::size_t>(i);
  throw InputError(std::string(op) + ": index " + std::to_string(i) + " at position " + std::to_string(position) +
                   " is not one of 0 to " + std::to_string(static_cast<std::ptrdiff_t>(size) - 1) +
                   "; check the indices");
}

/// Adds rows of x to zeros: row i of the axes that the index has goes to row index[i] of the new axis `along`. Rows
/// that meet are added in the order of the index, whatever the number of threads. A run throws InputError for an index
/// outside of the axis.
struct ScatterAdd {
  VITRINE_ATTRIBUTES(ScatterAdd, (std::int64_t, axis), (Axis, along));
  static constexpr Doc doc{.name = "scatter_add",
                           .kind = Kind::layout,
                           .rule = "r[..., v, ...] = sum of x[..., i, ...] over the i with y[i] = v",
                           .derivative = "dx = gather(dr, y)"};
  static constexpr auto example() { return Example{ScatterAdd{1, 3}, std::array{f32<2, 2, 2, 3>, i32<2, 2>}}; }
  bool operator==(const ScatterAdd&) const = default;

  constexpr Inferred type(Type x, Type index) const {
    if (x.dtype != DType::f32 || index.dtype != DType::i32)
      return Sentence{} << "scatter_add: wants numbers (f32) and indices (i32), got " << x << " and " << index;
    const int rank = x.shape.rank(), indices = index.shape.rank();
    bool fits = axis >= 0 && axis <= rank - indices;
    for (int i = 0; fits && i < indices; ++i) fits = agree(x.shape[static_cast<int>(axis) + i], index.shape[i]);
    if (!fits)
      return Sentence{} << "scatter_add: from axis " << axis << " on, " << x << " wants the axes of the indices "
                        << index;
    if (rank - indices == static_cast<int>(Shape::max_rank))
      return Sentence{} << "scatter_add: no room for one more axis in " << x;
    Shape made;
    for (int i = 0; i < rank; ++i) {
      if (i == axis) made << along;
      if (i < axis || i >= axis + indices) made << x.shape[i];
    }
    if (axis == rank) made << along;
    return Type{DType::f32, made};
  }
  Gradients vjp(auto in, auto, auto g) const { return {gather(g, in[1], static_cast<int>(axis)), Value{}}; }
  constexpr AxisReach reach(std::size_t operand, int at, std::span<const Type> in, const Type&) const {
    const int from = static_cast<int>(axis), indices = in[1].shape.rank();
    if (operand == 1 || (at >= from && at < from + indices)) return reaches_anything;
    return keeps(at < from ? at : at - indices + 1);
  }
  constexpr Indexed indexed(std::span<const Type>, const Type&) const { return {1, along.size}; }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    for (std::size_t i = 0; i < out.size(); ++i) out.reals()[i] = 0;
    const Rows rows(out.shape(), static_cast<int>(axis));
    const std::size_t count = in[1].size();
    const Real* from = in[0].reals();
    for (std::size_t outer = 0; outer < rows.outer; ++outer)
      for (std::size_t i = 0; i < count; ++i, from += rows.inner) {
        Real* to =
            out.reals() + (outer * rows.size + index_within(doc.name, in[1].integers(), i, rows.size)) * rows.inner;
        for (std::size_t k = 0; k < rows.inner; ++k) to[k] += from[k];
      }
  }
};

/// scatter_add<token>(updates [batch, time, width], index [batch, time]) is [token, width]: the rows that meet add up.
template <Axis To, std::int64_t At = 0> constexpr auto scatter_add(Operand auto&& x, Operand auto&& index) {
  return apply<ScatterAdd{At, To}>(std::forward<decltype(x)>(x), std::forward<decltype(index)>(index));
}

}  // namespace vitrine
