#pragma once
// How a matrix product is cut into chunks: from its sizes alone, so that results do not depend on the threads.
#include <algorithm>

#include "runtime/gemm.hpp"
#include "runtime/gemm_block.hpp"

namespace vitrine {

/// Throws InternalError for an Isa that does not exist.
GemmKernels gemm_kernels_of(Isa);

constexpr std::size_t divide_up(std::size_t a, std::size_t b) { return (a + b - 1) / b; }
constexpr std::size_t round_up(std::size_t a, std::size_t b) { return divide_up(a, b) * b; }

/// The longest block of K. Every further block reads and writes all of C once more, which costs more than that a column
/// panel of this depth (16 or 32 columns) is read from the second-level cache in part. (Two threads of a Zen 5: 1024^3
/// runs at 388 GFLOP/s with 320, 422 with 400, 424 with 512 and 412 with 640; 2048 x 384 x 1536 at 433, 456, 458, 455.)
inline constexpr std::size_t longest_depth = 512;

/// K is cut into equal blocks (the last may be shorter).
constexpr std::size_t block_depth(std::size_t K) { return K == 0 ? 0 : divide_up(K, divide_up(K, longest_depth)); }

/// A block of this many rows of A (times longest_depth) leaves half of a 512 KiB second-level cache free.
inline constexpr std::size_t most_chunk_rows = 96;

/// What of a third-level cache can be counted on: 8 MiB.
inline constexpr std::size_t most_cached_floats = 2u << 20;

/// Chunks of `rows` x `columns` of C, multiples of the register block; those at the end are smaller.
struct GemmGrid {
  struct Place {
    std::size_t row, column;
  };
  std::size_t rows, columns, row_chunks, column_chunks;
  bool by_columns;  // all chunks of the same columns come one after the other, else all of the same rows

  std::size_t chunks() const { return row_chunks * column_chunks; }
  /// Where a chunk begins.
  Place begin_of(std::size_t chunk) const {
    return by_columns ? Place{chunk % row_chunks * rows, chunk / row_chunks * columns}
                      : Place{chunk / column_chunks * rows, chunk % column_chunks * columns};
  }
};

constexpr GemmGrid grid_of(GemmSize size, std::size_t register_rows, std::size_t register_columns, bool packs_a) {
  // About 10 us: less, and sharing it out costs as much as it saves. Large products get larger chunks, because a
  // chunk reads rows + columns numbers of A and B for rows * columns sums.
  constexpr double least_work = 1.0e6;
  // A chunk that copies its rows of A must be wide to be worth it; then it is the rows that are shared out, but so
  // few of them read B too often.
  constexpr std::size_t fewest_rows = 48, wanted_chunks = 16;
  // What writes more than it multiplies takes its time too: as if each number were a sum of so many.
  constexpr std::size_t least_depth = 16;
  std::size_t rows = round_up(divide_up(size.M, divide_up(size.M, most_chunk_rows)), register_rows);
  const bool many = divide_up(size.M, rows) * divide_up(size.N, 512) >= wanted_chunks;
  const std::size_t widest = packs_a && many ? 512 : 256;
  const double sums = static_cast<double>(size.M) * static_cast<double>(size.N);
  const double work = sums * static_cast<double>(size.K);
  if (!packs_a && sums * static_cast<double>(std::max(size.K, least_depth)) <= least_work)
    return {round_up(size.M, register_rows), round_up(size.N, register_columns), 1, 1, false};
  const double per_column = static_cast<double>(rows) * static_cast<double>(std::max<std::size_t>(size.K, 1));
  const double wanted = std::max(least_work, work / 48) / per_column;
  const std::size_t most_columns = round_up(std::min(size.N, widest), register_columns);
  const std::size_t least_columns = packs_a ? most_columns : register_columns;
  const std::size_t columns = std::clamp(round_up(static_cast<std::size_t>(std::min(wanted, 512.0)), register_columns),
                                         least_columns, most_columns);
  const std::size_t column_chunks = divide_up(size.N, columns);
  if (packs_a && divide_up(size.M, rows) * column_chunks < wanted_chunks)
    rows =
        std::clamp(round_up(size.M * column_chunks / wanted_chunks, register_rows), std::min(fewest_rows, rows), rows);
  // Of the operands the larger one is read once, and the smaller one again and again, from a cache. A B that no cache
  // holds is read once in any case: for each chunk of rows it would come from memory.
  const bool holds_b = size.K * size.N <= most_cached_floats;
  return {rows, columns, divide_up(size.M, rows), column_chunks, size.N > size.M || !holds_b};
}

}  // namespace vitrine
