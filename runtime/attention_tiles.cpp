#include "runtime/attention_tiles.hpp"

#include "vitrine/error.hpp"

namespace vitrine {

const AttentionTable& attention_table(Isa isa) {
  switch (isa) {
    case Isa::portable: return attention_table_portable();
    case Isa::avx2: return attention_table_avx2();
    case Isa::avx512: return attention_table_avx512();
  }
  throw InternalError("attention was asked for an instruction set that does not exist");
}

const float* HeadRows::of(std::size_t batch, std::size_t head) const {
  std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(head) * head_stride;
  for (std::size_t i = most_axes; i-- > 0; batch /= batch_sizes[i])
    offset += static_cast<std::ptrdiff_t>(batch % batch_sizes[i]) * batch_strides[i];
  return data + offset;
}

AttentionTile attention_tile(std::size_t first, std::size_t last, std::size_t block, std::size_t keys, Looks looks) {
  const std::size_t key = block * key_block, end = std::min(keys, key + key_block);
  // Both ends of what a query looks at only grow with the query.
  while (first < last && looks.of(first, keys).last <= key) ++first;
  while (first < last && looks.of(last - 1, keys).first >= end) --last;
  const bool inside = first < last && looks.of(first, keys).last >= end && looks.of(last - 1, keys).first <= key;
  return {first, last, key, end - key, !inside || end - key < key_block};
}

const TileSpan* tile_spans(const AttentionTile& tile, std::size_t keys, Looks looks, TileSpan* spans) {
  if (!tile.edge) return nullptr;
  for (std::size_t i = tile.first; i < tile.last; ++i) {
    const auto [first, last] = looks.of(i, keys);
    spans[i - tile.first] = {std::max(first, tile.key) - tile.key, std::min(last, tile.key + tile.keys) - tile.key};
  }
  return spans;
}

std::size_t panel_floats(std::size_t columns, std::size_t depth) {
  constexpr std::size_t widest_panel = 32;
  return round_up(columns, widest_panel) * depth;
}

Panels pack_rows(const GemmKernels& kernels, const float* from, std::ptrdiff_t row_stride, std::size_t depth,
                 std::size_t columns, float* to) {
  const std::size_t whole = columns / kernels.columns;
  kernels.pack_b(from, row_stride, depth, whole, to);
  for (std::size_t column = whole * kernels.columns; column < columns; column += kernels.columns)
    pack_panel({from + column, 1, row_stride, std::min(kernels.columns, columns - column), depth}, kernels.columns,
               to + column * depth);
  return {to, columns, depth, kernels.columns * depth};
}

Panels pack_turned(const GemmKernels& kernels, const float* from, std::ptrdiff_t row_stride, std::size_t rows,
                   std::size_t depth, float* to) {
  for (std::size_t row = 0; row < rows; row += kernels.columns)
    pack_panel({from + static_cast<std::ptrdiff_t>(row) * row_stride, row_stride, 1,
                std::min(kernels.columns, rows - row), depth},
               kernels.columns, to + row * depth);
  return {to, rows, depth, kernels.columns * depth};
}

Panels some_rows(const GemmKernels& kernels, const Panels& of, std::size_t first, std::size_t depth) {
  return {of.data + first * kernels.columns, of.columns, depth, of.panel};
}

SomeColumns some_columns(const GemmKernels& kernels, const Panels& of, std::size_t first, std::size_t columns) {
  const std::size_t begin = first / kernels.columns * kernels.columns;
  const std::size_t end = std::min(of.columns, round_up(first + columns, kernels.columns));
  return {begin, {of.data + begin / kernels.columns * of.panel, end - begin, of.depth, of.panel}};
}

void multiply(const GemmKernels& kernels, const TileProduct& product, const Panels& b) {
  const auto columns = static_cast<std::ptrdiff_t>(kernels.columns);
  GemmBlock block{};
  block.rows = product.rows, block.columns = b.columns, block.depth = b.depth;
  block.a = product.a, block.a_row = product.a_row, block.a_step = product.a_step;
  block.a_panel = static_cast<std::ptrdiff_t>(kernels.rows) * product.a_row;
  block.b = b.data, block.b_panel = static_cast<std::ptrdiff_t>(b.panel), block.b_step = columns;
  block.b_edge = b.data + b.columns / kernels.columns * b.panel, block.b_edge_step = columns;
  block.c = product.c, block.c_row_stride = product.c_row;
  block.accumulate = product.accumulate;
  kernels.multiply(block);
}

}  // namespace vitrine
