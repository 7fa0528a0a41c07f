// AVX2 with FMA.
#include <immintrin.h>

#include "runtime/limits_loops.hpp"

namespace vitrine {
namespace {

struct Simd {
  using Vector [[gnu::vector_size(32)]] = float;
  static constexpr int width = 8;

  [[gnu::always_inline]] static Vector broadcast(float x) { return x - Vector{}; }
  [[gnu::always_inline]] static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
  [[gnu::always_inline]] static void stream(float* to, Vector v) { _mm256_stream_ps(to, v); }
};

}  // namespace

LimitsTable limits_table_avx2() { return limits_table<Simd>(); }

}  // namespace vitrine
