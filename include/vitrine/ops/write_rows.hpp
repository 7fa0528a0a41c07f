#pragma once
#include <cstring>

#include "vitrine/along.hpp"
#include "vitrine/attributes.hpp"
#include "vitrine/row_positions.hpp"
#include "vitrine/rows.hpp"

namespace vitrine {

/// A cache with some of its rows replaced: in sequence b (the first axis) row position[b] + i of axis number `axis`
/// becomes rows[b, ..., i, ...], for i below length[b]. With `ring` it is row (position[b] + i) mod the size of the
/// axis, so that a row is forgotten when one as many positions later is written. A run throws InputError for a length
/// that is not one of 0 to the number of rows, for a position below 0, and, without a ring, for rows that lie beyond
/// the end: what was to be kept is never lost in silence. Where the result is the cache's next value the kernel writes
/// the new rows over it and touches no others.
struct WriteRows {
  VITRINE_ATTRIBUTES(WriteRows, (std::int64_t, axis), (bool, ring));
  static constexpr Doc doc{
      .name = "write_rows",
      .kind = Kind::layout,
      .rule =
          "r = x, but r[b, ..., z[b] + i, ...] = y[b, ..., i, ...] for i < w[b] along axis number `axis`; with "
          "ring the row is (z[b] + i) mod its size",
      .derivative = "refused: it stands in what is derived from a model in use"};
  static constexpr auto example() {
    return Example{WriteRows{1, false}, std::array{f32<2, 5, 3>, f32<2, 2, 3>, i32<2>, i32<2>}};
  }
  bool operator==(const WriteRows&) const = default;

  constexpr Inferred type(Type cache, Type rows, Type position, Type length) const {
    const auto differ = [&] {
      return Sentence{} << "write_rows: " << rows << " are no rows of " << cache << " along axis " << axis
                        << ", of which they may have fewer, and all else is to be the same";
    };
    if (cache.dtype == DType::boolean) return Sentence{} << "write_rows: wants a cache of numbers, got " << cache;
    if (const Sentence why = counts_rows(doc.name, axis, cache); why.length != 0) return why;
    const int along = static_cast<int>(axis);
    if (rows.dtype != cache.dtype || rows.shape.rank() != cache.shape.rank()) return differ();
    for (int i = 0; i < cache.shape.rank(); ++i)
      if (i == along ? rows.shape[i].size > cache.shape[i].size : !agree(rows.shape[i], cache.shape[i]))
        return differ();
    if (const Sentence why = for_each_sequence(doc.name, "position", cache, position); why.length != 0) return why;
    if (const Sentence why = for_each_sequence(doc.name, "length", cache, length); why.length != 0) return why;
    return cache;
  }
  constexpr AxisReach reach(std::size_t operand, int at, std::span<const Type>, const Type&) const {
    if (operand > 1) return keeps(0);
    return operand == 1 && at == axis ? reaches_anything : keeps(at);
  }
  constexpr NumberRange range(NumberRanges of, std::span<const Type>, const Type&) const { return of[0].with(of[1]); }

  /// Throws InputError if a sequence's rows do not fit into `size` rows; `most` are there to be written.
  void check(const std::int32_t* position, const std::int32_t* length, std::size_t sequences, std::size_t size,
             std::size_t most) const {
    for (std::size_t b = 0; b < sequences; ++b) {
      const std::size_t at = position_of(doc.name, position, b);
      if (length[b] < 0 || static_cast<std::size_t>(length[b]) > most)
        throw InputError("write_rows: sequence " + std::to_string(b) + " is to get " + std::to_string(length[b]) +
                         " rows, of which " + std::to_string(most) + " are given; give a length of 0 to " +
                         std::to_string(most));
      if (!ring && at + static_cast<std::size_t>(length[b]) > size && length[b] > 0)
        throw InputError("write_rows: sequence " + std::to_string(b) + " is full: " + std::to_string(length[b]) +
                         " rows from position " + std::to_string(at) + " on were to be written, and the cache holds " +
                         std::to_string(size) + "; begin anew, or make room for more");
    }
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    const int along = static_cast<int>(axis);
    const Rows cache(out.shape(), along), rows(in[1].shape(), along);
    const std::size_t sequences = out.shape()[0].size, bytes = cache.inner * stored_size<Real>(out.type.dtype);
    check(in[2].integers(), in[3].integers(), sequences, cache.size, rows.size);
    auto* const to = static_cast<std::byte*>(out.data);
    const auto* const from = static_cast<const std::byte*>(in[1].data);
    if (out.size() != 0) std::memcpy(to, in[0].data, out.size() * stored_size<Real>(out.type.dtype));
    const std::size_t parts = sequences == 0 ? 0 : cache.outer / sequences;  // of a sequence: its heads
    for (std::size_t part = 0; part < cache.outer; ++part) {
      const auto position = static_cast<std::size_t>(in[2].integers()[part / parts]);
      const auto length = static_cast<std::size_t>(in[3].integers()[part / parts]);
      for (std::size_t i = 0; i < length && bytes != 0; ++i)
        std::memcpy(to + (part * cache.size + (position + i) % cache.size) * bytes,
                    from + (part * rows.size + i) * bytes, bytes);
    }
  }
};

inline Value write_rows(Value cache, Value rows, Value position, Value length, int axis, bool ring = false) {
  return emit(WriteRows{axis, ring}, {cache, rows, position, length});
}

}  // namespace vitrine
