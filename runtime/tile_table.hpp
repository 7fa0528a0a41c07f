#pragma once
// What the per-ISA files of the tile interpreter offer: plain data, so that they share no function.
#include <cstddef>

#include "vitrine/kernel.hpp"

namespace vitrine {

/// out[i] = op(a[i], b[i], c[i]) for n >= 1 numbers. out may be a, b or c, but not overlap them otherwise.
using TileStep = void (*)(const float* a, const float* b, const float* c, float* out, std::size_t n);

struct TileTable {
  /// steps[op][splat]; bit i of splat: operand i is one number for all n.
  TileStep steps[static_cast<int>(Scalar::select) + 1][8];
};

const TileTable& tile_table_portable();
const TileTable& tile_table_avx2();
const TileTable& tile_table_avx512();

}  // namespace vitrine
