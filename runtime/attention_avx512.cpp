#include <immintrin.h>

#include "runtime/attention_loops.hpp"

namespace vitrine {
namespace {

struct Simd {
  using Vector [[gnu::vector_size(64)]] = float;
  static constexpr int width = 16, registers = 32;

  [[gnu::always_inline]] static Vector broadcast(float x) { return x - Vector{}; }
  [[gnu::always_inline]] static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
  [[gnu::always_inline]] static float multiply_add(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
  /// Four numbers from each of the addresses at(0), at(1), ...
  template <class At> [[gnu::always_inline]] static Vector gather_fours(At at) {
    // With a mask of all: g++ 12 warns of what the plain instruction leaves undefined.
    const __m512 one = _mm512_castps128_ps512(_mm_loadu_ps(at(0)));
    const __m512 two = _mm512_maskz_insertf32x4(0xffff, one, _mm_loadu_ps(at(1)), 1);
    const __m512 three = _mm512_maskz_insertf32x4(0xffff, two, _mm_loadu_ps(at(2)), 2);
    return _mm512_maskz_insertf32x4(0xffff, three, _mm_loadu_ps(at(3)), 3);
  }
  // Of each four numbers of a and b: a0 b0 a1 b1 and a2 b2 a3 b3; a0 a1 b0 b1 and a2 a3 b2 b3.
  [[gnu::always_inline]] static Vector interleave_low(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
  }
  [[gnu::always_inline]] static Vector interleave_high(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  }
  [[gnu::always_inline]] static Vector low_pairs(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
  }
  [[gnu::always_inline]] static Vector high_pairs(Vector a, Vector b) {
    return __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
  }
  /// Of four numbers of each of 16 keys, gathered four keys at a time and turned: the keys in their order.
  [[gnu::always_inline]] static Vector in_order(Vector x) {
    return __builtin_shufflevector(x, x, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  }
};

}  // namespace

const AttentionTable& attention_table_avx512() {
  static constexpr AttentionTable table = make_attention_table<Simd>();
  return table;
}

}  // namespace vitrine
