#pragma once
// Sums, maxima and sums of squares over one axis of x[outer, rows, columns]. The order is fixed by the sizes: the bits
// are the same for every number of threads and on every instruction set.
#include <cstddef>
#include <cstdint>

#include "runtime/isa.hpp"
#include "runtime/pool.hpp"
#include "runtime/reduce_table.hpp"

namespace vitrine {

enum class Reduction : std::uint8_t { sum, maximum, squares };

/// What the squares are taken from: `columns` shifts for each `outer`, those of outer o beginning at of[at[o]].
struct Shifts {
  const float* of = nullptr;
  const std::size_t* at = nullptr;
};

const ReduceLoops& reduce_loops(Isa, Reduction);

/// What a reduction begins with: that of no numbers.
constexpr float begin_of(Reduction how) { return how == Reduction::maximum ? -__builtin_inff() : 0.0f; }
/// How what it made of several blocks becomes one.
constexpr Reduction merging(Reduction how) { return how == Reduction::maximum ? how : Reduction::sum; }

/// How many rows are reduced as one. If there are more, that many at a time, and the results of all blocks are reduced
/// in turn: so threads share them, and rounding errors grow with neither their number nor the block alone.
constexpr std::size_t rows_as_one(std::size_t rows, std::size_t columns) {
  const std::size_t block = columns == 1 ? 4096 : 1024;
  return rows > 2 * block ? block : rows == 0 ? 1 : rows;
}
/// Of rows with several columns so many are added up by themselves: see ReduceLoops.
inline constexpr std::size_t rows_in_partial_sum = 128;

/// y[o, c] = the reduction of x[o, r, c] over r. Of no rows: 0, or -infinity as the maximum.
void reduce_rows(Pool& pool, Isa isa, Reduction how, std::size_t outer, std::size_t rows, std::size_t columns,
                 const float* x, const Shifts& shifts, float* y);

}  // namespace vitrine
