// AVX2 with FMA: 6 x 16, which takes 12 sums, 2 of B and 1 of A of the 16 registers.
#include <immintrin.h>

#include "runtime/gemm_kernel.hpp"

namespace vitrine {
namespace {

struct Simd {
  using Vector [[gnu::vector_size(32)]] = float;
  static constexpr int width = 8;
  static constexpr int rows = 6;

  [[gnu::always_inline]] static Vector broadcast(float x) { return x - Vector{}; }
  [[gnu::always_inline]] static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
};

}  // namespace

GemmKernels gemm_kernels_avx2() { return gemm_kernels<Simd>(); }

}  // namespace vitrine
