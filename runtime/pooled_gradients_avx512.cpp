#include <immintrin.h>

#include "runtime/pooled_gradients_loops.hpp"

namespace vitrine {
namespace {

struct Simd {
  using Vector [[gnu::vector_size(64)]] = float;
  static constexpr int width = 16, most_vectors = 6;

  [[gnu::always_inline]] static Vector broadcast(float x) { return x - Vector{}; }
  [[gnu::always_inline]] static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
  [[gnu::always_inline]] static __mmask16 first(std::size_t count) {
    return static_cast<__mmask16>((std::uint32_t{1} << count) - 1);
  }
  [[gnu::always_inline]] static Vector load(__mmask16 lanes, const float* from) {
    return _mm512_maskz_loadu_ps(lanes, from);
  }
  [[gnu::always_inline]] static void store(__mmask16 lanes, float* to, Vector v) {
    _mm512_mask_storeu_ps(to, lanes, v);
  }

  static std::uint32_t pick(const float* gradients, const std::uint8_t* at_place, std::size_t channels,
                            std::uint8_t place, std::uint32_t* channel, float* gradient) {
    const __m128i wanted = _mm_set1_epi8(static_cast<char>(place));
    __m512i numbers = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    std::uint32_t made = 0;
    for (std::size_t c = 0; c < channels; c += 16, numbers = _mm512_add_epi32(numbers, _mm512_set1_epi32(16))) {
      const __mmask16 there = first(channels - c < 16 ? channels - c : 16);
      const Vector given = load(there, gradients + c);
      const __mmask16 here = _mm_mask_cmpeq_epi8_mask(_mm512_cmp_ps_mask(given, _mm512_setzero_ps(), _CMP_NEQ_UQ),
                                                      _mm_maskz_loadu_epi8(there, at_place + c), wanted);
      _mm512_storeu_si512(channel + made, _mm512_maskz_compress_epi32(here, numbers));
      _mm512_storeu_ps(gradient + made, _mm512_maskz_compress_ps(here, given));
      made += static_cast<std::uint32_t>(__builtin_popcount(here));
    }
    return made;
  }
};

}  // namespace

PooledGradientsTable pooled_gradients_table_avx512() { return make_pooled_gradients_table<Simd>(); }

}  // namespace vitrine
