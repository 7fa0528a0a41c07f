// AVX-512.
#include <immintrin.h>

#include "runtime/limits_loops.hpp"

namespace vitrine {
namespace {

struct Simd {
  using Vector [[gnu::vector_size(64)]] = float;
  static constexpr int width = 16;

  [[gnu::always_inline]] static Vector broadcast(float x) { return x - Vector{}; }
  [[gnu::always_inline]] static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
  [[gnu::always_inline]] static void stream(float* to, Vector v) { _mm512_stream_ps(to, v); }
};

}  // namespace

LimitsTable limits_table_avx512() { return limits_table<Simd>(); }

}  // namespace vitrine
