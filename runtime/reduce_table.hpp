#pragma once
// What the per-ISA files of the reductions offer: plain data, so that they share no function.
#include <cstddef>

namespace vitrine {

/// One way to make one number of several, with loops for both ways in which they can lie. `shift` is what the squares
/// are taken from; the others do not read it. The order is fixed by the sizes alone: the bits are the same everywhere.
struct ReduceLoops {
  /// Of n numbers side by side.
  float (*row)(const float* x, float shift, std::size_t n);
  /// y[j] of x[row * row_stride + j] over the rows, which are taken in blocks of 128.
  void (*columns)(const float* x, std::size_t row_stride, std::size_t rows, std::size_t columns, const float* shifts,
                  float* y);
  /// y[row] of the 32 lanes of each row, into which someone else has reduced its elements: what `row` does at the end.
  void (*lanes)(const float* x, std::size_t rows, float* y);
};

struct ReduceTable {
  ReduceLoops sum, maximum, squares;
};

const ReduceTable& reduce_table_portable();
const ReduceTable& reduce_table_avx2();
const ReduceTable& reduce_table_avx512();

}  // namespace vitrine
