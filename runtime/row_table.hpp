#pragma once
// What the per-ISA files of the row kernels offer: plain data, so that they share no function.
#include <cstddef>
#include <cstdint>

namespace vitrine {

/// All sums run in 32 lanes on every instruction set (element i goes to lane i mod 32) that are then added pairwise:
/// the bits are the same on all of them.
struct RowTable {
  /// The largest of n numbers, -infinity of none. With a NaN among them it may be any of them.
  float (*largest)(const float* x, std::size_t n);
  float (*sum)(const float* x, std::size_t n);
  float (*sum_of_squares)(const float* x, std::size_t n);
  /// y = exp(x - shift) for a shift that no x exceeds; returns the sum of y. y may be x. Meanwhile n numbers at `next`,
  /// which will be wanted afterwards, are fetched; it may be any address.
  float (*exp_and_sum)(const float* x, float shift, float* y, std::size_t n, const float* next);
  /// y = x * factor. y may be x.
  void (*scale)(const float* x, float factor, float* y, std::size_t n);
  /// y = (x - first) - second. y may be x.
  void (*subtract)(const float* x, float first, float second, float* y, std::size_t n);
  /// y = x * factor where kept, else 0, for elements 4 * counter[0] + i, i < n. The numbers are Philox 4x32 with 10
  /// rounds, one block for four elements (vitrine/philox.hpp), and what is below `least` in 24 bits is dropped.
  void (*dropout)(const float* x, float factor, const std::uint32_t* counter, const std::uint32_t* key,
                  std::uint32_t least, float* y, std::size_t n);
};

const RowTable& row_table_portable();
const RowTable& row_table_avx2();
const RowTable& row_table_avx512();

}  // namespace vitrine
