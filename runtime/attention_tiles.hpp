#pragma once
// What attention's two directions share: which tiles there are, panels of a block of rows, and products of tiles.
#include "runtime/attention.hpp"
#include "runtime/attention_table.hpp"
#include "runtime/gemm_grid.hpp"
#include "runtime/pack.hpp"

namespace vitrine {

const AttentionTable& attention_table(Isa);

/// One tile: queries [first, last) and `keys` keys from `key` on; of the queries those that look at none of the keys
/// are left out, at both ends.
struct AttentionTile {
  std::size_t first, last, key, keys;
  bool edge;  // some query does not look at all of them, or the block is not full
  std::size_t rows() const { return last - first; }
};
AttentionTile attention_tile(std::size_t first, std::size_t last, std::size_t block, std::size_t keys, Looks);

/// The columns that each row of a tile looks at; null if it is no edge.
const TileSpan* tile_spans(const AttentionTile&, std::size_t keys, Looks, TileSpan* spans);

/// Part of a tile: rows (queries) [row, row + rows) and columns (keys) [column, column + columns).
struct TilePart {
  std::size_t row, rows, column, columns;
};

/// Rows of a tile that are multiplied together: a multiple of every register block, and few, so that where a mask cuts
/// through a tile little is computed that is thrown away.
inline constexpr std::size_t band = 24;

/// Cuts a tile into bands of rows, each with the columns that one of its rows looks at, and calls visit(TilePart). All
/// of it at once if there are no spans.
template <class Visit> void each_band_of_rows(const AttentionTile& tile, const TileSpan* spans, const Visit& visit) {
  if (!spans) return visit(TilePart{0, tile.rows(), 0, tile.keys});
  for (std::size_t row = 0; row < tile.rows(); row += band) {
    const std::size_t rows = std::min(band, tile.rows() - row);
    // Both ends of a span only grow with the row.
    visit(TilePart{row, rows, spans[row].first, spans[row + rows - 1].last - spans[row].first});
  }
}

/// The same by bands of columns, each with the rows that look at one of them; a band that nobody looks at is left out.
template <class Visit> void each_band_of_columns(const AttentionTile& tile, const TileSpan* spans, const Visit& visit) {
  if (!spans) return visit(TilePart{0, tile.rows(), 0, tile.keys});
  for (std::size_t column = 0; column < tile.keys; column += band) {
    const std::size_t columns = std::min(band, tile.keys - column);
    std::size_t first = 0, last = tile.rows();
    while (first < last && spans[first].last <= column) ++first;
    while (first < last && spans[last - 1].first >= column + columns) --last;
    if (first < last) visit(TilePart{first, last - first, column, columns});
  }
}

/// A matrix as the right side of a product: panels of columns, `panel` floats apart, of which `depth` rows are meant.
struct Panels {
  const float* data;
  std::size_t columns, depth, panel;
};
/// Floats for `columns` columns of `depth` rows.
std::size_t panel_floats(std::size_t columns, std::size_t depth);
/// Rows [0, depth) of a matrix with row_stride; and its transpose: those rows as columns.
Panels pack_rows(const GemmKernels&, const float* from, std::ptrdiff_t row_stride, std::size_t depth,
                 std::size_t columns, float* to);
Panels pack_turned(const GemmKernels&, const float* from, std::ptrdiff_t row_stride, std::size_t rows,
                   std::size_t depth, float* to);

/// `depth` of its rows, from `first` on.
Panels some_rows(const GemmKernels&, const Panels&, std::size_t first, std::size_t depth);
/// Whole panels, with all columns from `first` to first + columns among them.
struct SomeColumns {
  std::size_t first;
  Panels panels;
};
SomeColumns some_columns(const GemmKernels&, const Panels&, std::size_t first, std::size_t columns);

/// C (+)= A B, where A has the depth of B.
struct TileProduct {
  const float* a;
  std::ptrdiff_t a_row, a_step;
  std::size_t rows;
  float* c;
  std::ptrdiff_t c_row;
  bool accumulate;
};
void multiply(const GemmKernels&, const TileProduct&, const Panels&);

}  // namespace vitrine
