#include "runtime/reductions.hpp"

#include <algorithm>
#include <vector>

#include "runtime/reduce_table.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// Numbers in a chunk that is handed to a thread: 5 us or more.
constexpr std::size_t chunk_size = 65536;

std::size_t blocks_for(std::size_t size, std::size_t block) { return (size + block - 1) / block; }

}  // namespace

const ReduceLoops& reduce_loops(Isa isa, Reduction how) {
  const ReduceTable& table = isa == Isa::avx512 ? reduce_table_avx512()
                             : isa == Isa::avx2 ? reduce_table_avx2()
                                                : reduce_table_portable();
  switch (how) {
    case Reduction::sum: return table.sum;
    case Reduction::maximum: return table.maximum;
    case Reduction::squares: return table.squares;
  }
  throw InternalError("a reduction was asked for that does not exist");
}

void reduce_rows(Pool& pool, Isa isa, Reduction how, std::size_t outer, std::size_t rows, std::size_t columns,
                 const float* x, const Shifts& shifts, float* y) {
  const ReduceLoops& loops = reduce_loops(isa, how);
  const std::size_t block = rows_as_one(rows, columns);
  const bool in_blocks = rows > block;
  const std::size_t blocks = in_blocks ? blocks_for(rows, block) : 1;
  std::vector<float> partial(in_blocks ? outer * blocks * columns : 0);
  float* const to = in_blocks ? partial.data() : y;
  // A piece is one block of rows in as many columns as a chunk takes: 64 are four cache lines.
  const std::size_t wide = columns == 1 ? 1 : std::max<std::size_t>(64, chunk_size / block / 64 * 64);
  const std::size_t across = blocks_for(columns, wide), pieces = outer * blocks * across;
  const std::size_t together = std::max<std::size_t>(1, chunk_size / (block * std::min(wide, columns + 1)));
  const auto reduce_piece = [&](std::size_t piece) {
    const std::size_t column = piece % across * wide, b = piece / across % blocks, o = piece / across / blocks;
    const std::size_t first = b * block, count = std::min(rows - first, block);
    const float* const from = x + (o * rows + first) * columns + column;
    const float* const shift = shifts.of ? shifts.of + shifts.at[o] + column : nullptr;
    float* const made = to + (o * blocks + b) * columns + column;
    if (columns == 1)
      *made = loops.row(from, shift ? *shift : 0, count);
    else
      loops.columns(from, columns, count, std::min(wide, columns - column), shift, made);
  };
  pool.run(blocks_for(pieces, together), [&](std::size_t chunk, std::size_t) {
    const std::size_t last = std::min(pieces, (chunk + 1) * together);
    if (columns == 1 && !in_blocks) {  // short rows: a piece costs no more than its numbers
      for (std::size_t o = chunk * together; o < last; ++o)
        y[o] = loops.row(x + o * rows, shifts.of ? shifts.of[shifts.at[o]] : 0, rows);
      return;
    }
    for (std::size_t piece = chunk * together; piece < last; ++piece) reduce_piece(piece);
  });
  if (in_blocks) reduce_rows(pool, isa, merging(how), outer, blocks, columns, partial.data(), {}, y);
}

}  // namespace vitrine
