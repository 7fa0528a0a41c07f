#include "runtime/attention.hpp"

#include "runtime/attention_tiles.hpp"

namespace vitrine {

namespace {

/// Queries in a chunk that is handed to a thread, which packs the keys and values that it looks at once; and queries in
/// a tile.
constexpr std::size_t chunk_queries = 256, query_block = 128;

/// One worker's scratch.
struct Scratch {
  float *scores, *key, *value, *top, *sum;
  static std::size_t floats(const AttentionSizes& n) {
    return query_block * key_block + 2 * chunk_queries + panel_floats(key_block, n.each) +
           panel_floats(n.wide, key_block);
  }
  Scratch(std::byte* begin, const AttentionSizes& n)
      : scores(reinterpret_cast<float*>(begin)),
        key(scores + query_block * key_block),
        value(key + panel_floats(key_block, n.each)),
        top(value + panel_floats(n.wide, key_block)),
        sum(top + chunk_queries) {}
};

/// One head of one batch.
class Reading {
 public:
  Reading(Isa isa, const AttentionWork& work, std::size_t batch, std::size_t head, const Scratch& scratch)
      : kernels_(gemm_kernels_of(isa)),
        table_(attention_table(isa)),
        work_(work),
        scratch_(scratch),
        origin_(work.place_of_first(batch)),
        keys_(work.keys(origin_)),
        query_(work.query.of(batch, head)),
        key_(work.key.of(batch, head / work.sizes.heads_of_group())),
        value_(work.value.of(batch, head / work.sizes.heads_of_group())) {}

  /// Queries [first, first + rows); `out` and `logsumexp` are those of the first.
  void run(std::size_t first_query, std::size_t rows, float* out, float* logsumexp) const {
    constexpr float nothing = -std::numeric_limits<float>::infinity();
    const AttentionSizes& n = work_.sizes;
    const std::size_t first = origin_ + first_query, last = first + rows;  // places
    std::fill_n(scratch_.top, rows, nothing);
    std::fill_n(scratch_.sum, rows, 0.0f);
    if (out && work_.looks.window != 0) std::fill_n(out, rows * n.wide, 0.0f);
    const RowsRead read{scratch_.top, scratch_.sum, out, n.wide};
    const std::size_t begin = work_.looks.of(first, keys_).first / key_block;
    const std::size_t end = divide_up(work_.looks.of(last - 1, keys_).last, key_block);
    for (std::size_t block = begin; block < end; ++block) {
      const Block packed = packed_block(block, out != nullptr);
      for (std::size_t query = first; query < last; query += query_block) {
        const AttentionTile tile =
            attention_tile(query, std::min(last, query + query_block), block, keys_, work_.looks);
        if (tile.first < tile.last) add(tile, packed, tile.first - first, read);
      }
    }
    table_.finish(rows, read, logsumexp);
    for (std::size_t r = 0; r < rows; ++r) {
      const auto [from, to] = work_.looks.of(first + r, keys_);
      if (from < to) continue;
      if (out) std::fill_n(out + r * n.wide, n.wide, 0.0f);
      if (logsumexp) logsumexp[r] = nothing;
    }
  }

 private:
  struct Block {
    Panels key, value;
    bool first;   // of those that are read
    bool finite;  // all values are numbers
  };
  Block packed_block(std::size_t block, bool with_value) const {
    const AttentionSizes& n = work_.sizes;
    const HeadRows &k = work_.key, &v = work_.value;
    const std::size_t keys = std::min(key_block, keys_ - block * key_block), row = work_.row_of_key(block * key_block);
    Block made{
        pack_turned(kernels_, key_ + at(row, k), k.row_stride, keys, n.each, scratch_.key), {}, block == 0, true};
    if (!with_value) return made;
    made.value = pack_rows(kernels_, value_ + at(row, v), v.row_stride, keys, n.wide, scratch_.value);
    made.finite = table_.finite(made.value.data, divide_up(n.wide, kernels_.columns) * made.value.panel);
    return made;
  }

  /// What the queries of a tile read of a block's keys, added to the rows from number `row` on.
  void add(const AttentionTile& tile, const Block& block, std::size_t row, RowsRead read) const {
    const AttentionSizes& n = work_.sizes;
    const HeadRows& q = work_.query;
    const Looks looks = work_.looks;
    float* const scores = scratch_.scores;
    TileSpan storage[query_block];
    const TileSpan* const spans = tile_spans(tile, keys_, looks, storage);
    each_band_of_rows(tile, spans, [&](const TilePart& part) {
      const auto [first, some] = some_columns(kernels_, block.key, part.column, part.columns);
      multiply(kernels_,
               {query_ + at(tile.first - origin_ + part.row, q), q.row_stride, 1, part.rows,
                scores + part.row * key_block + first, key_block, false},
               some);
    });
    read.top += row, read.sum += row;
    if (read.out) read.out += row * n.wide;
    table_.weigh({scores, tile.rows(), spans, work_.scale}, read);
    if (!read.out) return;

    // Without a window every row reads the first block, which need not be added to zeros.
    const bool accumulate = looks.window != 0 || !block.first;
    const auto add_part = [&](const TilePart& part) {
      multiply(kernels_,
               {scores + part.row * key_block + part.column, key_block, 1, part.rows, read.out + part.row * n.wide,
                static_cast<std::ptrdiff_t>(n.wide), accumulate},
               some_rows(kernels_, block.value, part.column, part.columns));
    };
    if (!spans || block.finite) return each_band_of_rows(tile, spans, add_part);
    // 0 times what is no number would be NaN in rows that do not look at it.
    for (std::size_t r = 0; r < tile.rows(); ++r) add_part({r, 1, spans[r].first, spans[r].last - spans[r].first});
  }
  static std::ptrdiff_t at(std::size_t row, const HeadRows& rows) {
    return static_cast<std::ptrdiff_t>(row) * rows.row_stride;
  }

  GemmKernels kernels_;
  const AttentionTable& table_;
  const AttentionWork& work_;
  Scratch scratch_;
  std::size_t origin_, keys_;  // where query 0 stands, and how many keys there may be
  const float *query_, *key_, *value_;
};

}  // namespace

std::size_t attention_scratch(const AttentionSizes& n) { return round_up(Scratch::floats(n) * sizeof(float), 64); }

void attention(Pool& pool, Isa isa, const AttentionWork& work, float* out, float* logsumexp,
               std::span<std::byte> scratch) {
  const AttentionSizes& n = work.sizes;
  const std::size_t tiles = divide_up(n.time, chunk_queries);
  pool.run(n.batch * n.heads * tiles, [&](std::size_t chunk, std::size_t worker) {
    const std::size_t head = chunk / tiles, first = chunk % tiles * chunk_queries, row = head * n.time + first;
    const Reading reading(isa, work, head / n.heads, head % n.heads,
                          Scratch(scratch.data() + worker * attention_scratch(n), n));
    reading.run(first, std::min(n.time - first, chunk_queries), out ? out + row * n.wide : nullptr,
                logsumexp ? logsumexp + row : nullptr);
  });
}

}  // namespace vitrine
