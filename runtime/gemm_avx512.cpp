// AVX-512: 12 x 32, which takes 24 sums, 2 of B and 1 of A of the 32 registers.
#include <immintrin.h>

#include "runtime/gemm_kernel.hpp"

namespace vitrine {
namespace {

struct Simd {
  using Vector [[gnu::vector_size(64)]] = float;
  static constexpr int width = 16;
  static constexpr int rows = 12;

  [[gnu::always_inline]] static Vector broadcast(float x) { return x - Vector{}; }
  [[gnu::always_inline]] static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
};

}  // namespace

GemmKernels gemm_kernels_avx512() { return gemm_kernels<Simd>(); }

}  // namespace vitrine
