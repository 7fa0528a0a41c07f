#include "runtime/attention_at.hpp"

#include <limits>

#include "runtime/attention_tiles.hpp"

namespace vitrine {

namespace {

/// Up to so many queries of a head read keys and values where they lie; for more it pays to pack a block and to
/// multiply it by all of them. (One thread of a Zen 5, 4 heads of 64, position 499: 4 queries take 21 us where packing
/// takes 38, 8 take 39 and 47, 16 take 72 and 76, 24 take 105 and 99.)
constexpr std::size_t most_time = 8;
/// Queries that are taken through a block together.
constexpr std::size_t most_few = 16;
/// Numbers in a key and a value of all groups whose queries are taken together: those of short rows would wait for
/// their own sums, those of long ones would read here and there. (4 heads of 32 at position 270 take 3.9 us and
/// not 4.8.)
constexpr std::size_t most_numbers = 192;

/// Bytes of keys and values in a chunk that is handed to a thread: some 10 us, where they come from a cache.
constexpr std::size_t chunk_bytes = 400000;

/// The queries of some heads of one batch: of one group, or of whole groups.
class FewReading {
 public:
  FewReading(Isa isa, const AttentionWork& work, std::size_t batch, std::size_t first_head, std::size_t heads)
      : table_(attention_table(isa)),
        work_(work),
        place_(work.place_of_first(batch)),
        key_(work.key.of(batch, first_head / work.sizes.heads_of_group())),
        value_(work.value.of(batch, first_head / work.sizes.heads_of_group())),
        rows_(heads * work.sizes.time),
        rows_of_group_(std::min(heads, work.sizes.heads_of_group()) * work.sizes.time) {
    for (std::size_t r = 0; r < rows_; ++r)
      query_[r] = work.query.of(batch, first_head + r / work.sizes.time) + at(r % work.sizes.time, work.query);
  }

  void run(float* out) const {
    const AttentionSizes& n = work_.sizes;
    const Looks looks = work_.looks;
    const std::size_t rows = rows_, keys = work_.keys(place_);
    float top[most_few], sum[most_few] = {};
    std::fill_n(top, rows, -std::numeric_limits<float>::infinity());
    if (looks.window != 0) std::fill_n(out, rows * n.wide, 0.0f);
    const RowsRead read{top, sum, out, n.wide};
    const std::size_t begin = looks.of(place_, keys).first / key_block;
    const std::size_t end = divide_up(looks.of(place_ + n.time - 1, keys).last, key_block);
    for (std::size_t block = begin; block < end; ++block) add(block, keys, read);
    table_.finish(rows, read, nullptr);
    for (std::size_t r = 0; r < rows; ++r)
      if (const auto [from, to] = looks.of(place_ + r % n.time, keys); from == to)
        std::fill_n(out + r * n.wide, n.wide, 0.0f);
  }

 private:
  static std::ptrdiff_t at(std::size_t row, const HeadRows& rows) {
    return static_cast<std::ptrdiff_t>(row) * rows.row_stride;
  }

  void add(std::size_t block, std::size_t keys, const RowsRead& read) const {
    const AttentionSizes& n = work_.sizes;
    const std::size_t rows = rows_, key = block * key_block, row = work_.row_of_key(key);
    TileSpan spans[most_few];
    TileSpan all{key_block, 0};  // what any of them looks at
    bool edge = false;
    for (std::size_t r = 0; r < rows; ++r) {
      const auto [first, last] = work_.looks.of(place_ + r % n.time, keys);
      spans[r] = {std::clamp(first, key, key + key_block) - key, std::clamp(last, key, key + key_block) - key};
      edge = edge || spans[r].first != 0 || spans[r].last != key_block;
      if (spans[r].first == spans[r].last) continue;
      all = {std::min(all.first, spans[r].first), std::max(all.last, spans[r].last)};
    }
    alignas(64) float scores[most_few * key_block];
    for (std::size_t r = 0; r < rows; r += rows_of_group_)
      table_.score_few({query_ + r, rows_of_group_, of_row(r, key_, work_.key) + at(row, work_.key),
                        work_.key.row_stride, n.each, all.first, all.last, scores + r * key_block});
    table_.weigh({scores, rows, edge ? spans : nullptr, work_.scale}, read);
    // Rows that look at the same keys together, be they those of their own groups.
    for (std::size_t r = 0, next = 0; r < rows; r = next) {
      const std::size_t end = rows_of_group_ == 1 ? rows : r / rows_of_group_ * rows_of_group_ + rows_of_group_;
      for (next = r + 1; next < end && spans[next].first == spans[r].first && spans[next].last == spans[r].last;)
        ++next;
      if (spans[r].first == spans[r].last) continue;
      table_.add_few({nullptr, next - r, of_row(r, value_, work_.value) + at(row, work_.value), work_.value.row_stride,
                      n.wide, spans[r].first, spans[r].last, scores + r * key_block, read.out + r * n.wide,
                      work_.looks.window != 0 || block != 0, rows_of_group_ == 1 ? work_.value.head_stride : 0});
    }
  }
  /// Keys or values of the group that a row belongs to.
  const float* of_row(std::size_t r, const float* first, const HeadRows& rows) const {
    return first + static_cast<std::ptrdiff_t>(r / rows_of_group_) * rows.head_stride;
  }

  const AttentionTable& table_;
  const AttentionWork& work_;
  std::size_t place_;  // of the first query
  const float *key_, *value_;
  std::size_t rows_, rows_of_group_;  // queries
  const float* query_[most_few]{};
};

/// Heads cut into units that one thread takes: groups, or where a group has too many heads parts of it.
struct Units {
  std::size_t heads, groups, in_group, most;  // heads of a group, groups, units of a group, heads of a unit

  explicit Units(const AttentionSizes& n)
      : heads(n.heads_of_group()),
        groups(n.batch * n.groups),
        in_group(divide_up(heads, most_few / n.time)),
        most(std::min(heads, most_few / n.time)) {}
  std::size_t count() const { return groups * in_group; }
  /// The first head of a unit, counted over batch and head.
  std::size_t first(std::size_t unit) const {
    return unit / in_group * heads + std::min(heads, unit % in_group * most);
  }
};

/// How many units read what is worth a chunk.
std::size_t units_together(const AttentionWork& work, const Units& units) {
  const AttentionSizes& n = work.sizes;
  std::size_t most = 0;
  for (std::size_t b = 0; b < work.sequences; ++b)
    most = std::max(most, static_cast<std::size_t>(work.position[b]) + n.time);
  most = std::min(most, n.keys);
  if (work.looks.window != 0) most = std::min(most, static_cast<std::size_t>(work.looks.window) + n.time);
  const std::size_t rows = divide_up(units.most * n.time, 2);  // two are read for in hardly more time than one
  return 1 + chunk_bytes / (1 + rows * most * (n.each + n.wide) * sizeof(float));
}

}  // namespace

void attention_at(Pool& pool, Isa isa, const AttentionWork& work, float* out, std::span<std::byte> scratch) {
  const AttentionSizes& n = work.sizes;
  if (n.rows() == 0) return;
  if (n.time > most_time) return attention(pool, isa, work, out, nullptr, scratch);
  const Units units(n);
  const std::size_t chunk_units = units_together(work, units);
  const std::size_t at_once = units.in_group > 1
                                  ? 1
                                  : std::clamp<std::size_t>(most_numbers / std::max<std::size_t>(1, n.each + n.wide), 1,
                                                            most_few / (units.most * n.time));
  pool.run(divide_up(units.count(), chunk_units), [&](std::size_t chunk, std::size_t) {
    const std::size_t last = std::min(units.count(), (chunk + 1) * chunk_units);
    for (std::size_t unit = chunk * chunk_units, next = 0; unit < last; unit = next) {
      const std::size_t head = units.first(unit), batch = head / n.heads;
      next = unit + 1;
      while (next < last && next - unit < at_once && units.first(next) / n.heads == batch) ++next;
      const std::size_t end = units.first(next - 1) + units.most;
      const std::size_t heads = std::min(end, (units.first(next - 1) / units.heads + 1) * units.heads) - head;
      FewReading(isa, work, batch, head % n.heads, heads).run(out + head * n.time * n.wide);
    }
  });
}

}  // namespace vitrine
