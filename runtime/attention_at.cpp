#include "runtime/attention_at.hpp"

#include <limits>

#include "runtime/attention_tiles.hpp"

namespace vitrine {

namespace {

/// Up to so many queries of a head read keys and values where they lie; for more it pays to pack a block and to
/// multiply it by all of them. (One thread of a Zen 5, 4 heads of 64, position 499: 4 queries take 21 us where packing
/// takes 38, 8 take 39 and 47, 16 take 72 and 76, 24 take 105 and 99.)
constexpr std::size_t most_time = 8;
/// Queries that are taken through a block together: those of several heads, where these share keys and values.
constexpr std::size_t most_few = 16;

/// Bytes of keys and values in a chunk that is handed to a thread: some 10 us, where they come from a cache.
constexpr std::size_t chunk_bytes = 400000;

/// The queries of some heads of one batch, which share keys and values.
class FewReading {
 public:
  FewReading(Isa isa, const AttentionWork& work, std::size_t batch, std::size_t first_head, std::size_t heads)
      : table_(attention_table(isa)),
        work_(work),
        place_(work.place_of_first(batch)),
        key_(work.key.of(batch, first_head / work.sizes.heads_of_group())),
        value_(work.value.of(batch, first_head / work.sizes.heads_of_group())),
        rows_(heads * work.sizes.time) {
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
    table_.score_few(
        {query_, rows, key_ + at(row, work_.key), work_.key.row_stride, n.each, all.first, all.last, scores});
    table_.weigh({scores, rows, edge ? spans : nullptr, work_.scale}, read);
    // Rows that look at the same keys together.
    for (std::size_t r = 0, next = 0; r < rows; r = next) {
      for (next = r + 1; next < rows && spans[next].first == spans[r].first && spans[next].last == spans[r].last;)
        ++next;
      if (spans[r].first == spans[r].last) continue;
      table_.add_few({nullptr, next - r, value_ + at(row, work_.value), work_.value.row_stride, n.wide, spans[r].first,
                      spans[r].last, scores + r * key_block, read.out + r * n.wide,
                      work_.looks.window != 0 || block != 0});
    }
  }

  const AttentionTable& table_;
  const AttentionWork& work_;
  std::size_t place_;  // of the first query
  const float *key_, *value_;
  std::size_t rows_;  // queries
  const float* query_[most_few]{};
};

/// Heads of each group that are taken together.
std::size_t heads_together(const AttentionSizes& n) { return std::min(n.heads_of_group(), most_few / n.time); }

/// How many of these read what is worth a chunk.
std::size_t parts_together(const AttentionWork& work) {
  const AttentionSizes& n = work.sizes;
  std::size_t most = 0;
  for (std::size_t b = 0; b < work.sequences; ++b)
    most = std::max(most, static_cast<std::size_t>(work.position[b]) + n.time);
  most = std::min(most, n.keys);
  if (work.looks.window != 0) most = std::min(most, static_cast<std::size_t>(work.looks.window) + n.time);
  const std::size_t rows = divide_up(heads_together(n) * n.time, 2);  // two are read for in hardly more time than one
  return 1 + chunk_bytes / (1 + rows * most * (n.each + n.wide) * sizeof(float));
}

}  // namespace

void attention_at(Pool& pool, Isa isa, const AttentionWork& work, float* out, std::span<std::byte> scratch) {
  const AttentionSizes& n = work.sizes;
  if (n.rows() == 0) return;
  if (n.time > most_time) return attention(pool, isa, work, out, nullptr, scratch);
  const std::size_t heads = heads_together(n), parts_of_group = divide_up(n.heads_of_group(), heads);
  const std::size_t parts = n.batch * n.groups * parts_of_group, together = parts_together(work);
  pool.run(divide_up(parts, together), [&](std::size_t chunk, std::size_t) {
    for (std::size_t part = chunk * together; part < std::min(parts, (chunk + 1) * together); ++part) {
      const std::size_t first = part / parts_of_group * n.heads_of_group() + part % parts_of_group * heads;
      const std::size_t end = std::min(first + heads, (part / parts_of_group + 1) * n.heads_of_group());
      FewReading(isa, work, first / n.heads, first % n.heads, end - first).run(out + first * n.time * n.wide);
    }
  });
}

}  // namespace vitrine
