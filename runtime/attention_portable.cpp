#include <immintrin.h>

#include "runtime/attention_loops.hpp"

namespace vitrine {
namespace {

struct Simd {
  using Vector [[gnu::vector_size(16)]] = float;
  static constexpr int width = 4, registers = 16;

  [[gnu::always_inline]] static Vector broadcast(float x) { return x - Vector{}; }
  // Twice rounded, as in the matrix product.
  [[gnu::always_inline]] static Vector multiply_add(Vector a, Vector b, Vector c) { return a * b + c; }
  [[gnu::always_inline]] static float multiply_add(float a, float b, float c) { return a * b + c; }
  /// Four numbers from the address at(0).
  template <class At> [[gnu::always_inline]] static Vector gather_fours(At at) { return _mm_loadu_ps(at(0)); }
  // Of the numbers of a and b: a0 b0 a1 b1 and a2 b2 a3 b3; a0 a1 b0 b1 and a2 a3 b2 b3.
  [[gnu::always_inline]] static Vector interleave_low(Vector a, Vector b) { return _mm_unpacklo_ps(a, b); }
  [[gnu::always_inline]] static Vector interleave_high(Vector a, Vector b) { return _mm_unpackhi_ps(a, b); }
  [[gnu::always_inline]] static Vector low_pairs(Vector a, Vector b) { return _mm_shuffle_ps(a, b, 0x44); }
  [[gnu::always_inline]] static Vector high_pairs(Vector a, Vector b) { return _mm_shuffle_ps(a, b, 0xee); }
  [[gnu::always_inline]] static Vector in_order(Vector x) { return x; }
};

}  // namespace

const AttentionTable& attention_table_portable() {
  static constexpr AttentionTable table = make_attention_table<Simd>();
  return table;
}

}  // namespace vitrine
