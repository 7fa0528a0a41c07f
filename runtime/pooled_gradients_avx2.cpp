#include <immintrin.h>

#include "runtime/pooled_gradients_loops.hpp"

namespace vitrine {
namespace {

struct Simd {
  using Vector [[gnu::vector_size(32)]] = float;
  static constexpr int width = 8, most_vectors = 4;

  [[gnu::always_inline]] static Vector broadcast(float x) { return x - Vector{}; }
  [[gnu::always_inline]] static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
  [[gnu::always_inline]] static __m256i first(std::size_t count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  [[gnu::always_inline]] static Vector load(__m256i lanes, const float* from) {
    return _mm256_maskload_ps(from, lanes);
  }
  [[gnu::always_inline]] static void store(__m256i lanes, float* to, Vector v) { _mm256_maskstore_ps(to, lanes, v); }

  static constexpr auto pick = &pick_one_by_one;
  static constexpr auto collect = &collect_one_by_one;
};

}  // namespace

PooledGradientsTable pooled_gradients_table_avx2() { return make_pooled_gradients_table<Simd>(); }

}  // namespace vitrine
