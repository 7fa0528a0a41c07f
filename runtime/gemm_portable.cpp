// Plain x86-64: 4 x 8 in 128-bit registers. There is no fused multiply-add, so its bits differ from the others'.
#include "runtime/gemm_kernel.hpp"

namespace vitrine {
namespace {

struct Simd {
  using Vector [[gnu::vector_size(16)]] = float;
  static constexpr int width = 4;
  static constexpr int rows = 4;

  [[gnu::always_inline]] static Vector broadcast(float x) { return x - Vector{}; }
  [[gnu::always_inline]] static Vector multiply_add(Vector a, Vector b, Vector c) { return a * b + c; }
};

}  // namespace

GemmKernels gemm_kernels_portable() { return gemm_kernels<Simd>(); }

}  // namespace vitrine
