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

  /// Rows become columns, pair by pair: of numbers, of pairs, of fours, of eights.
  [[gnu::always_inline]] static void transpose(Vector (&m)[16]) {
    Vector t[16];
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {
      const Vector a = m[i], b = m[i + 1];
      t[i] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
      t[i + 1] = __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      const int at = i / 2 * 4 + i % 2;
      const Vector a = t[at], b = t[at + 2];
      m[i / 2 * 4 + i % 2 * 2] =
          __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
      m[i / 2 * 4 + i % 2 * 2 + 1] =
          __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    }
    const auto even_fours = [](Vector a, Vector b) __attribute__((always_inline)) {
      return __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
    };
    const auto odd_fours = [](Vector a, Vector b) __attribute__((always_inline)) {
      return __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    };
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      const int at = i / 4 * 8 + i % 4;
      t[at] = even_fours(m[at], m[at + 4]), t[at + 4] = odd_fours(m[at], m[at + 4]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) m[i] = even_fours(t[i], t[i + 8]), m[i + 8] = odd_fours(t[i], t[i + 8]);
  }

  /// 16 windows of 16 channels at a time are turned, and of each channel those are kept that give something.
  static void collect(const SumsByChannel& of, std::size_t first, std::size_t windows, std::size_t channel,
                      std::size_t channels, Collected& to) {
    const WindowsOfImage& all = of.windows;
    if (all.places > 16) return collect_one_by_one(of, first, windows, channel, channels, to);
    const __mmask16 there = Simd::first(channels);
    const __m512i place_at = _mm512_maskz_loadu_epi32(Simd::first(all.places), all.place_at);
    const __m512i places = _mm512_set1_epi32(static_cast<int>(all.places));
    for (std::size_t c = 0; c < channels; ++c) to.count[c] = 0;
    for (std::size_t w = 0; w < windows; w += 16) {
      Vector gradient[16] = {}, at[16] = {};
      for (std::size_t i = 0; i < 16 && w + i < windows; ++i) {
        const std::size_t from = (first + w + i) * all.channels + channel;
        const __m512i place = _mm512_maskz_cvtepu8_epi32(there, _mm_maskz_loadu_epi8(there, of.at_place + from));
        const __mmask16 within = _mm512_mask_cmplt_epu32_mask(there, place, places);
        gradient[i] = _mm512_maskz_loadu_ps(within, of.gradients + from);
        at[i] =
            _mm512_castsi512_ps(_mm512_add_epi32(_mm512_maskz_permutexvar_epi32(within, place, place_at),
                                                 _mm512_set1_epi32(static_cast<int>(all.window_at[first + w + i]))));
      }
      transpose(gradient);
      transpose(at);
      for (std::size_t c = 0; c < channels; ++c) {
        const __mmask16 kept = _mm512_cmp_ps_mask(gradient[c], _mm512_setzero_ps(), _CMP_NEQ_UQ);
        _mm512_storeu_ps(to.gradient[c] + to.count[c], _mm512_maskz_compress_ps(kept, gradient[c]));
        _mm512_storeu_ps(to.at[c] + to.count[c], _mm512_maskz_compress_ps(kept, at[c]));
        to.count[c] += static_cast<std::size_t>(__builtin_popcount(kept));
      }
    }
  }
};

}  // namespace

PooledGradientsTable pooled_gradients_table_avx512() { return make_pooled_gradients_table<Simd>(); }

}  // namespace vitrine
