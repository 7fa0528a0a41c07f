#include <immintrin.h>

#include "runtime/attention_loops.hpp"

namespace vitrine {
namespace {

struct Simd {
  using Vector [[gnu::vector_size(32)]] = float;
  static constexpr int width = 8, registers = 16;

  [[gnu::always_inline]] static Vector broadcast(float x) { return x - Vector{}; }
  [[gnu::always_inline]] static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
  [[gnu::always_inline]] static float multiply_add(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
  /// Four numbers from each of the addresses at(0) and at(1).
  template <class At> [[gnu::always_inline]] static Vector gather_fours(At at) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(at(0))), _mm_loadu_ps(at(1)), 1);
  }
  // Of each four numbers of a and b: a0 b0 a1 b1 and a2 b2 a3 b3; a0 a1 b0 b1 and a2 a3 b2 b3.
  [[gnu::always_inline]] static Vector interleave_low(Vector a, Vector b) { return _mm256_unpacklo_ps(a, b); }
  [[gnu::always_inline]] static Vector interleave_high(Vector a, Vector b) { return _mm256_unpackhi_ps(a, b); }
  [[gnu::always_inline]] static Vector low_pairs(Vector a, Vector b) { return _mm256_shuffle_ps(a, b, 0x44); }
  [[gnu::always_inline]] static Vector high_pairs(Vector a, Vector b) { return _mm256_shuffle_ps(a, b, 0xee); }
  /// Of four numbers of each of 8 keys, gathered two keys at a time and turned: the keys in their order.
  [[gnu::always_inline]] static Vector in_order(Vector x) {
    return __builtin_shufflevector(x, x, 0, 4, 1, 5, 2, 6, 3, 7);
  }
};

}  // namespace

const AttentionTable& attention_table_avx2() {
  static constexpr AttentionTable table = make_attention_table<Simd>();
  return table;
}

}  // namespace vitrine
