// The derivatives of attention. A chunk is one key head of one batch with all queries that read it, so nothing is added
// up across chunks: for each block of keys, all tiles of queries pass by (Dao et al., algorithm 4).
#include "runtime/attention_tiles.hpp"

namespace vitrine {

namespace {

constexpr std::size_t query_block = 64;
static_assert(query_block % key_block == 0);  // causal: the first tile that looks at a block has a query for each key

/// One worker's scratch: a tile of scores and one of their gradients, and both operands' rows as panels.
struct Scratch {
  float *scores, *gradients, *key_turned, *value_turned, *key, *query, *d_out;
  static std::size_t floats(const AttentionSizes& n) {
    return 2 * query_block * key_block + panel_floats(key_block, n.each) + panel_floats(key_block, n.wide) +
           2 * panel_floats(n.each, key_block) + panel_floats(n.wide, query_block);
  }
  Scratch(std::byte* begin, const AttentionSizes& n)
      : scores(reinterpret_cast<float*>(begin)),
        gradients(scores + query_block * key_block),
        key_turned(gradients + query_block * key_block),
        value_turned(key_turned + panel_floats(key_block, n.each)),
        key(value_turned + panel_floats(key_block, n.wide)),
        query(key + panel_floats(n.each, key_block)),
        d_out(query + panel_floats(n.each, query_block)) {}
};

/// Derivatives of one key head of one batch; null where they are not wanted. dq begins with the first head of the
/// group.
struct Wanted {
  float *dq, *dk, *dv;
};

class Backward {
 public:
  Backward(Isa isa, const AttentionWork& work, const AttentionBackward& backward, const Wanted& wanted,
           const Scratch& scratch)
      : kernels_(gemm_kernels_of(isa)),
        table_(attention_table(isa)),
        work_(work),
        backward_(backward),
        wanted_(wanted),
        scratch_(scratch) {}

  void run(std::size_t batch, std::size_t group) const {
    const AttentionSizes& n = work_.sizes;
    const std::size_t heads = n.heads_of_group();
    // Without a window the first tile of each row and each key has something for all of them: nothing is added to
    // zeros.
    const bool from_zero = work_.looks.window != 0 || heads * n.time * n.keys == 0;
    if (from_zero && wanted_.dq) std::fill_n(wanted_.dq, heads * n.time * n.each, 0.0f);
    if (from_zero && wanted_.dk) std::fill_n(wanted_.dk, n.keys * n.each, 0.0f);
    if (from_zero && wanted_.dv) std::fill_n(wanted_.dv, n.keys * n.wide, 0.0f);
    const float *const key = work_.key.of(batch, group), *const value = work_.value.of(batch, group);
    for (std::size_t block = 0; block * key_block < n.keys; ++block) {
      const std::size_t first = block * key_block, keys = std::min(key_block, n.keys - first);
      const float *const k = key + at(first, work_.key), *const v = value + at(first, work_.value);
      const Block packed{
          pack_turned(kernels_, k, work_.key.row_stride, keys, n.each, scratch_.key_turned),
          pack_turned(kernels_, v, work_.value.row_stride, keys, n.wide, scratch_.value_turned),
          wanted_.dq ? pack_rows(kernels_, k, work_.key.row_stride, keys, n.each, scratch_.key) : Panels{}};
      bool first_tile = true;
      for (std::size_t head = 0; head < heads; ++head)
        for (std::size_t row = 0; row < n.time; row += query_block) {
          const AttentionTile tile =
              attention_tile(row, std::min(n.time, row + query_block), block, n.keys, work_.looks);
          if (tile.first == tile.last) continue;
          add(tile, batch, group * heads + head, head, packed, {from_zero || block > 0, from_zero || !first_tile});
          first_tile = false;
        }
    }
  }

 private:
  struct Block {
    Panels key_turned, value_turned, key;
  };
  /// Whether a tile adds to what rows, and keys, have already.
  struct Adds {
    bool to_rows, to_keys;
  };

  /// What the pairs of a tile give to the derivatives; `head` counts over all, `within` in the group.
  void add(const AttentionTile& tile, std::size_t batch, std::size_t head, std::size_t within, const Block& block,
           Adds adds) const {
    const AttentionSizes& n = work_.sizes;
    const float* const query = work_.query.of(batch, head) + at(tile.first, work_.query);
    const float* const d_out = backward_.d_out.of(batch, head) + at(tile.first, backward_.d_out);
    const std::size_t rows = tile.rows(), row = (batch * n.heads + head) * n.time + tile.first;
    float *const p = scratch_.scores, *const ds = scratch_.gradients;
    TileSpan storage[query_block];
    const TileSpan* const spans = tile_spans(tile, n.keys, work_.looks, storage);
    each_band_of_rows(tile, spans, [&](const TilePart& part) {
      const auto pairs = [&](const float* left, std::ptrdiff_t stride, const Panels& right, float* to) {
        const auto [first, some] = some_columns(kernels_, right, part.column, part.columns);
        multiply(kernels_,
                 {left + static_cast<std::ptrdiff_t>(part.row) * stride, stride, 1, part.rows,
                  to + part.row * key_block + first, key_block, false},
                 some);
      };
      pairs(query, work_.query.row_stride, block.key_turned, p);
      pairs(d_out, backward_.d_out.row_stride, block.value_turned, ds);
    });
    table_.share({p, rows, spans, work_.scale}, backward_.logsumexp + row, backward_.mean + row, ds);

    if (wanted_.dq) {
      float* const dq = wanted_.dq + (within * n.time + tile.first) * n.each;
      each_band_of_rows(tile, spans, [&](const TilePart& part) {
        multiply(kernels_,
                 {ds + part.row * key_block + part.column, key_block, 1, part.rows, dq + part.row * n.each,
                  static_cast<std::ptrdiff_t>(n.each), adds.to_rows},
                 some_rows(kernels_, block.key, part.column, part.columns));
      });
    }
    const auto of_keys = [&](const float* shares, const Panels& right, float* to) {
      each_band_of_columns(tile, spans, [&](const TilePart& part) {
        multiply(
            kernels_,
            {shares + part.row * key_block + part.column, 1, key_block, part.columns,
             to + (tile.key + part.column) * right.columns, static_cast<std::ptrdiff_t>(right.columns), adds.to_keys},
            some_rows(kernels_, right, part.row, part.rows));
      });
    };
    if (wanted_.dk)
      of_keys(ds, pack_rows(kernels_, query, work_.query.row_stride, rows, n.each, scratch_.query), wanted_.dk);
    if (wanted_.dv)
      of_keys(p, pack_rows(kernels_, d_out, backward_.d_out.row_stride, rows, n.wide, scratch_.d_out), wanted_.dv);
  }
  static std::ptrdiff_t at(std::size_t row, const HeadRows& rows) {
    return static_cast<std::ptrdiff_t>(row) * rows.row_stride;
  }

  GemmKernels kernels_;
  const AttentionTable& table_;
  const AttentionWork& work_;
  const AttentionBackward& backward_;
  Wanted wanted_;
  Scratch scratch_;
};

}  // namespace

std::size_t attention_gradients_scratch(const AttentionSizes& n) {
  return round_up(Scratch::floats(n) * sizeof(float), 64);
}

void attention_means(Pool& pool, Isa isa, const AttentionSizes& n, const HeadRows& out, const HeadRows& d_out,
                     float* mean) {
  const AttentionTable& table = attention_table(isa);
  pool.run(n.batch * n.heads, [&](std::size_t head, std::size_t) {
    const float *const o = out.of(head / n.heads, head % n.heads), *const d = d_out.of(head / n.heads, head % n.heads);
    for (std::size_t i = 0; i < n.time; ++i) {
      const auto row = static_cast<std::ptrdiff_t>(i);
      mean[head * n.time + i] = table.dot(o + row * out.row_stride, d + row * d_out.row_stride, n.wide);
    }
  });
}

void attention_gradients(Pool& pool, Isa isa, const AttentionWork& work, const AttentionBackward& backward, float* dq,
                         float* dk, float* dv, std::span<std::byte> scratch) {
  const AttentionSizes& n = work.sizes;
  const std::size_t rows = n.heads_of_group() * n.time;
  pool.run(n.batch * n.groups, [&](std::size_t chunk, std::size_t worker) {
    const auto part = [&](float* whole, std::size_t floats) { return whole ? whole + chunk * floats : nullptr; };
    const Wanted wanted{part(dq, rows * n.each), part(dk, n.keys * n.each), part(dv, n.keys * n.wide)};
    const Backward one(isa, work, backward, wanted,
                       Scratch(scratch.data() + worker * attention_gradients_scratch(n), n));
    one.run(chunk / n.groups, chunk % n.groups);
  });
}

}  // namespace vitrine
