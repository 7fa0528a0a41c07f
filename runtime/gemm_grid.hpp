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

/// The longest block of K: a column panel of it (16 or 32 columns) fits the first-level cache with room to spare.
inline constexpr std::size_t longest_depth = 320;

/// K is cut into equal blocks (the last may be shorter).
constexpr std::size_t block_depth(std::size_t K) { return K == 0 ? 0 : divide_up(K, divide_up(K, longest_depth)); }

/// Chunks of `rows` x `columns` of C, multiples of the register block; those at the end are smaller.
struct GemmGrid {
  std::size_t rows, columns, row_chunks, column_chunks;
  std::size_t chunks() const { return row_chunks * column_chunks; }
};

constexpr GemmGrid grid_of(GemmSize size, std::size_t register_rows, std::size_t register_columns) {
  // A block of this many rows of A (times longest_depth) leaves half of a 512 KiB second-level cache free.
  constexpr std::size_t most_rows = 96;
  // About 10 us: less, and sharing it out costs as much as it saves. Large products get larger chunks, because a
  // chunk reads rows + columns numbers of A and B for rows * columns sums.
  constexpr double least_work = 1.0e6;
  const std::size_t rows = round_up(divide_up(size.M, divide_up(size.M, most_rows)), register_rows);
  const double work = static_cast<double>(size.M) * static_cast<double>(size.N) * static_cast<double>(size.K);
  const double per_column = static_cast<double>(rows) * static_cast<double>(std::max<std::size_t>(size.K, 1));
  const double wanted = std::max(least_work, work / 48) / per_column;
  const std::size_t most_columns = round_up(std::min<std::size_t>(size.N, 512), register_columns);
  const std::size_t columns = std::clamp(round_up(static_cast<std::size_t>(std::min(wanted, 512.0)), register_columns),
                                         register_columns, most_columns);
  return {rows, columns, divide_up(size.M, rows), divide_up(size.N, columns)};
}

}  // namespace vitrine
