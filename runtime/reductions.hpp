#pragma once
// Sums, maxima and sums of squares over one axis of x[outer, rows, columns]. The order is fixed by the sizes: the bits
// are the same for every number of threads and on every instruction set.
#include <cstddef>
#include <cstdint>

#include "runtime/isa.hpp"
#include "runtime/pool.hpp"

namespace vitrine {

enum class Reduction : std::uint8_t { sum, maximum, squares };

/// What the squares are taken from: `columns` shifts for each `outer`, those of outer o beginning at of[at[o]].
struct Shifts {
  const float* of = nullptr;
  const std::size_t* at = nullptr;
};

/// y[o, c] = the reduction of x[o, r, c] over r. Of no rows: 0, or -infinity as the maximum.
void reduce_rows(Pool& pool, Isa isa, Reduction how, std::size_t outer, std::size_t rows, std::size_t columns,
                 const float* x, const Shifts& shifts, float* y);

}  // namespace vitrine
