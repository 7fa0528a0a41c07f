// AVX2 with FMA: 6 x 16, which takes 12 sums, 2 of B and 1 of A of the 16 registers.
#include <immintrin.h>

#include "runtime/gemm_kernel.hpp"

namespace vitrine {
namespace {

struct Simd {
  using Vector [[gnu::vector_size(32)]] = float;
  static constexpr int width = 8;
  static constexpr int rows = 6;

  /// The first `count` lanes, and a vector of which no others are read.
  [[gnu::always_inline]] static __m256i first(std::size_t count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  [[gnu::always_inline]] static Vector load(__m256i lanes, const float* from) {
    return _mm256_maskload_ps(from, lanes);
  }
  [[gnu::always_inline]] static Vector broadcast(float x) { return x - Vector{}; }
  [[gnu::always_inline]] static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
};

}  // namespace

GemmKernels gemm_kernels_avx2() { return gemm_kernels<Simd>(); }

}  // namespace vitrine
