#pragma once
#include <vector>

#include "vitrine/attention_rules.hpp"
#include "vitrine/attributes.hpp"
#include "vitrine/row_positions.hpp"

namespace vitrine {

/// Keys that are read together, from a multiple of it on: what a row adds up does not depend on where a run begins.
inline constexpr std::size_t keys_together = 64;

/// Causal attention of a part of each sequence to what lies in a cache: query i of sequence b (the first axis) stands
/// at position[b] + i, and its place counts whatever the rows are called. Key number j lies in row j of keys and
/// values, or with `ring` in row j mod their number. Query i looks at the keys j up to its own place, and with a window
/// at those with place - j < window. What a row reads has the bits of `attention` on the whole sequence: the same sums
/// in the same order.
///
/// Without a ring a place beyond the last row looks at what there is: it belongs to what fills up a shorter sequence,
/// and nobody reads it. A ring wants a window, rows that are a multiple of 64 (blocks of 64 keys then lie side by side)
/// and at least window - 1 + time of them: all that the first query looks at must be there still when the last one's
/// row has been written. A run throws InputError for a position below 0.
struct AttentionAt {
  VITRINE_ATTRIBUTES(AttentionAt, (Float, scale), (std::int64_t, window), (bool, ring));
  static constexpr Doc doc{
      .name = "attention_at",
      .kind = Kind::contraction,
      .rule =
          "r = softmax(scale * x yT) z along the keys j that query i of sequence b looks at: p - window < j <= p "
          "(without a window j <= p), p = w[b] + i; with ring key j lies in row j mod the rows of y",
      .derivative = "refused: it stands in what is derived from a model in use"};
  static constexpr auto example() {
    return Example{AttentionAt{0.5f, 2, false}, std::array{f32<2, 2, 3, 2>, f32<2, 1, 6, 2>, f32<2, 1, 6, 3>, i32<2>}};
  }
  bool operator==(const AttentionAt&) const = default;
  constexpr Looks looks() const { return {true, window}; }

  constexpr Inferred type(Type q, Type k, Type v, Type position) const {
    if (q.shape.rank() < 4)
      return Sentence{} << "attention_at: wants query f32[batch, ..., head, time, each], got " << q;
    const Inferred made = attention_type(doc.name, q, k, v, {false, window});  // as many keys as there is room for
    if (!made.ok()) return made;
    if (const Sentence why = for_each_sequence(doc.name, "position", q, position); why.length != 0) return why;
    if (!ring) return made;
    if (window == 0)
      return Sentence{} << "attention_at: a ring forgets keys, and without a window every query looks at all of them";
    const std::size_t rows = k.shape[-2].size, needed = static_cast<std::size_t>(window) - 1 + q.shape[-2].size;
    if (rows % keys_together != 0 || rows < needed)
      return Sentence{} << "attention_at: a ring for a window of " << window << " and " << q.shape[-2].size
                        << " queries wants a multiple of " << keys_together << " rows, " << needed << " at least, got "
                        << k;
    return made;
  }
  constexpr std::size_t multiply_adds(std::span<const Type> in, const Type&) const {
    // As if all places were the last: how far a sequence has come is known to the run alone.
    const AttentionSizes n(in[0].shape, in[2].shape);
    const std::size_t wide = window == 0 ? n.keys : std::min(n.keys, static_cast<std::size_t>(window));
    return n.rows() * wide * (n.each + n.wide);
  }
  constexpr AxisReach reach(std::size_t operand, int axis, std::span<const Type> in, const Type&) const {
    if (operand == 3) return keeps(0);
    // Which rows of keys and values: that depends on the position.
    return attention_reach(operand, axis, in, {});
  }
  constexpr NumberRange range(NumberRanges of, std::span<const Type>, const Type&) const { return of[2].with(0); }

  /// The keys [first, last) that a query at `place` looks at, of `rows` that there is room for.
  constexpr Looks::Span keys_of(std::size_t place, std::size_t rows) const {
    return looks().of(place, ring ? place + 1 : rows);
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    std::fill_n(out.reals(), out.size(), Real(0));
    const AttentionSizes n(in[0].shape(), in[2].shape());
    const std::size_t rows_of_sequence = n.rows() == 0 ? 1 : n.rows() / in[3].size();
    for (std::size_t b = 0; b < in[3].size(); ++b) position_of(doc.name, in[3].integers(), b);
    std::vector<Real> scores;
    for (std::size_t row = 0; row < n.rows(); ++row) {
      const auto position = static_cast<std::size_t>(in[3].integers()[row / rows_of_sequence]);
      const auto [first, last] = keys_of(position + row % n.time, n.keys);
      const auto row_of_key = [&](std::size_t j) { return n.block(row) * n.keys + (ring ? j % n.keys : j); };
      scores.assign(last - first, 0);
      Real top = -std::numeric_limits<Real>::infinity(), sum = 0;
      for (std::size_t j = first; j < last; ++j) {
        Real& score = scores[j - first];
        score = static_cast<Real>(float(scale)) *
                dot(in[0].reals() + row * n.each, in[1].reals() + row_of_key(j) * n.each, n.each);
        top = math::maximum(top, score);
      }
      for (const Real s : scores) sum += math::exp(s - top);
      for (std::size_t j = first; j < last; ++j)
        add_row(out.reals(), row, math::exp(scores[j - first] - top) / sum, in[2].reals() + row_of_key(j) * n.wide,
                n.wide);
    }
  }
};

inline Value attention_at(Value query, Value keys, Value values, Value position, float scale, std::int64_t window = 0,
                          bool ring = false) {
  return emit(AttentionAt{scale, window, ring}, {query, keys, values, position});
}

}  // namespace vitrine
