// AVX-512: 12 x 32, which takes 24 sums, 2 of B and 1 of A of the 32 registers.
#include <immintrin.h>

#include <cstdint>

#include "runtime/gemm_kernel.hpp"

namespace vitrine {
namespace {

struct Simd {
  using Vector [[gnu::vector_size(64)]] = float;
  static constexpr int width = 16;
  static constexpr int rows = 12;

  /// The first `count` lanes, and a vector of which no others are read.
  [[gnu::always_inline]] static __mmask16 first(std::size_t count) {
    return static_cast<__mmask16>((std::uint32_t{1} << count) - 1);
  }
  [[gnu::always_inline]] static Vector load(__mmask16 lanes, const float* from) {
    return _mm512_maskz_loadu_ps(lanes, from);
  }
  [[gnu::always_inline]] static Vector broadcast(float x) { return x - Vector{}; }
  [[gnu::always_inline]] static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
};

}  // namespace

GemmKernels gemm_kernels_avx512() { return gemm_kernels<Simd>(); }

}  // namespace vitrine
