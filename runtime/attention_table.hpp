#pragma once
// What the per-ISA files of attention offer: plain data, so that they share no function.
#include <cstddef>

namespace vitrine {

/// Keys in a tile. Blocks of keys begin at multiples of it, so what a row adds up does not depend on its neighbours.
inline constexpr std::size_t key_block = 64;

/// The columns [first, last) of a tile's row that its query looks at.
struct TileSpan {
  std::size_t first, last;
};

/// A tile of scores before they are scaled: row r at scores[r * key_block], columns outside of the row's span
/// undefined.
struct TileOfScores {
  float* scores;
  std::size_t rows;
  const TileSpan* spans;  // null: every row looks at the whole block
  float scale;
};

/// What the rows of attention have read so far: out, to be divided by `sum` of exp(score - top).
struct RowsRead {
  float *top, *sum;
  float* out;  // row r at out[r * wide]; null if it is not wanted
  std::size_t wide;
};

/// A few queries and the rows of keys, or of values, that they look at in a block.
struct FewQueries {
  const float* const* query;  // row r of the queries, dense; of keys only
  std::size_t count;
  const float* rows;  // where the block's row 0 would be
  std::ptrdiff_t row_stride;
  std::size_t columns;      // of a row of keys or of values
  std::size_t first, last;  // rows of the block that all of them look at; no other need exist behind the last
  float* scores;            // row r at scores[r * key_block]
  float* out = nullptr;     // row r at out[r * columns]; of values only
  bool accumulate = false;
  std::ptrdiff_t apart = 0;  // row r looks at rows + r * apart: not 0 where each has values of its own
};

struct AttentionTable {
  /// Scores become exp(scale * score - top), 0 outside of the spans, after top has grown to the largest of them and
  /// what was read before has been scaled to it (Milakov and Gimelshein, arXiv 1805.02867, algorithm 3).
  void (*weigh)(const TileOfScores&, const RowsRead&);
  /// out is divided by its sum, and logsumexp, if it is not null, is log(sum) + top.
  void (*finish)(std::size_t rows, const RowsRead&, float* logsumexp);
  /// Scores become shares p = exp(scale * score - logsumexp) and the gradients of shares in `dp` (laid out as scores)
  /// scale * p * (dp - mean); both 0 outside of the spans.
  void (*share)(const TileOfScores&, const float* logsumexp, const float* mean, float* dp);
  /// sum of x[i] y[i].
  float (*dot)(const float* x, const float* y, std::size_t n);
  /// Whether all of them are numbers.
  bool (*finite)(const float* x, std::size_t n);
  /// scores[r][j] = query[r] . rows[j] for j from first to last; up to 15 scores on either side become anything.
  void (*score_few)(const FewQueries&);
  /// out[r] = (out[r] +) sum of scores[r][j] * rows[j].
  void (*add_few)(const FewQueries&);
};

const AttentionTable& attention_table_portable();
const AttentionTable& attention_table_avx2();
const AttentionTable& attention_table_avx512();

}  // namespace vitrine
