// Plain x86-64: a product and a sum are two instructions.
#include <immintrin.h>

#include "runtime/limits_loops.hpp"

namespace vitrine {
namespace {

struct Simd {
  using Vector [[gnu::vector_size(16)]] = float;
  static constexpr int width = 4;

  [[gnu::always_inline]] static Vector broadcast(float x) { return x - Vector{}; }
  [[gnu::always_inline]] static Vector multiply_add(Vector a, Vector b, Vector c) { return a * b + c; }
  [[gnu::always_inline]] static void stream(float* to, Vector v) { _mm_stream_ps(to, v); }
};

}  // namespace

LimitsTable limits_table_portable() { return limits_table<Simd>(); }

}  // namespace vitrine
