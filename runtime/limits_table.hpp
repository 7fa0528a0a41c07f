#pragma once
// What the per-ISA files of limits offer: the simplest loops that keep a core's arithmetic, or its memory, busy. Plain
// data, so that they share no function.
#include <cstddef>

namespace vitrine {

struct LimitsTable {
  /// So many independent chains of x * factor + 1, all in registers; something that depends on all of them.
  float (*multiply_add)(std::size_t rounds, float factor);
  std::size_t flops_a_round;
  /// The loops below take whole blocks of so many floats that begin at a cache line.
  static constexpr std::size_t block = 128;
  float (*read)(const float* from, std::size_t count);
  void (*copy)(const float* from, float* to, std::size_t count);
  /// The same past the caches: what is written is not read first.
  void (*stream)(const float* from, float* to, std::size_t count);
};

LimitsTable limits_table_portable();
LimitsTable limits_table_avx2();
LimitsTable limits_table_avx512();

}  // namespace vitrine
