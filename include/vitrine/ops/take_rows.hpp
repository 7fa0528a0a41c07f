#pragma once
#include <cstring>

#include "vitrine/along.hpp"
#include "vitrine/attributes.hpp"
#include "vitrine/extent.hpp"
#include "vitrine/row_positions.hpp"
#include "vitrine/rows.hpp"

namespace vitrine {

/// `count` rows of each sequence from a place of its own on, along axis number `axis`: of a batch of texts the last
/// token's row, say, where each text has a length of its own. A run throws InputError for rows outside of the axis.
struct TakeRows {
  VITRINE_ATTRIBUTES(TakeRows, (std::int64_t, axis), (std::int64_t, count));
  static constexpr Doc doc{.name = "take_rows",
                           .kind = Kind::layout,
                           .rule =
                               "r[b, ..., i, ...] = x[b, ..., y[b] + i, ...] for i < `count` along axis number "
                               "`axis`",
                           .derivative = "refused: it stands in what is derived from a model in use"};
  static constexpr auto example() { return Example{TakeRows{2, 2}, std::array{f32<2, 3, 4, 2>, i32<2>}}; }
  bool operator==(const TakeRows&) const = default;

  constexpr Inferred type(Type x, Type start) const {
    if (const Sentence why = counts_rows(doc.name, axis, x); why.length != 0) return why;
    const int along = static_cast<int>(axis);
    if (count < 0 || static_cast<std::uint64_t>(count) > x.shape[along].size)
      return Sentence{} << "take_rows: there are no " << count << " rows along axis " << axis << " of " << x;
    if (const Sentence why = for_each_sequence(doc.name, "start", x, start); why.length != 0) return why;
    return Type{x.dtype, x.shape.with(along, resized(x.shape[along], static_cast<std::size_t>(count)))};
  }
  constexpr AxisReach reach(std::size_t operand, int at, std::span<const Type>, const Type&) const {
    return operand == 0 && at == axis ? reaches_anything : keeps(at);
  }
  constexpr NumberRange range(NumberRanges of, std::span<const Type>, const Type&) const { return of[0]; }
  constexpr Indexed indexed(std::span<const Type> in, const Type&) const {
    return {1, in[0].shape[static_cast<int>(axis)].size - static_cast<std::size_t>(count) + 1};
  }

  /// Where a sequence's rows begin, of `size` that there are.
  std::size_t start_of(const std::int32_t* start, std::size_t sequence, std::size_t size) const {
    const std::int32_t at = start[sequence];
    if (at >= 0 && static_cast<std::size_t>(at) + static_cast<std::size_t>(count) <= size)
      return static_cast<std::size_t>(at);
    throw InputError("take_rows: rows " + std::to_string(at) + " to " + std::to_string(at + count - 1) +
                     " of sequence " + std::to_string(sequence) + " are not among the " + std::to_string(size) +
                     " that there are; check where they start");
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const Rows rows(in[0].shape(), static_cast<int>(axis));
    const std::size_t row = rows.inner * stored_size<Real>(out.type.dtype);
    const std::size_t bytes = row * static_cast<std::size_t>(count), sequences = out.shape()[0].size;
    for (std::size_t b = 0; b < sequences; ++b) start_of(in[1].integers(), b, rows.size);
    auto* to = static_cast<std::byte*>(out.data);
    for (std::size_t outer = 0; outer < rows.outer; ++outer, to += bytes) {
      const std::size_t b = outer / (rows.outer / sequences);
      const std::size_t first = outer * rows.size + start_of(in[1].integers(), b, rows.size);
      if (bytes != 0) std::memcpy(to, static_cast<const std::byte*>(in[0].data) + first * row, bytes);
    }
  }
};

inline Value take_rows(Value x, Value start, int axis, std::int64_t count) {
  return emit(TakeRows{axis, count}, {x, start});
}

}  // namespace vitrine
