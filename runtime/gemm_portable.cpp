// Plain x86-64: 4 x 8 in 128-bit registers. There is no fused multiply-add, so its bits differ from the others'.
#include "runtime/gemm_kernel.hpp"

namespace vitrine {
namespace {

struct Simd {
  using Vector [[gnu::vector_size(16)]] = float;
  static constexpr int width = 4;
  static constexpr int rows = 4;

  /// The first `count` lanes, and a vector of which no others are read.
  [[gnu::always_inline]] static std::size_t first(std::size_t count) { return count; }
  [[gnu::always_inline]] static Vector load(std::size_t lanes, const float* from) {
    return Vector{from[0], lanes > 1 ? from[1] : 0, lanes > 2 ? from[2] : 0, lanes > 3 ? from[3] : 0};
  }
  [[gnu::always_inline]] static Vector broadcast(float x) { return x - Vector{}; }
  [[gnu::always_inline]] static Vector multiply_add(Vector a, Vector b, Vector c) { return a * b + c; }
};

}  // namespace

GemmKernels gemm_kernels_portable() { return gemm_kernels<Simd>(); }

}  // namespace vitrine
