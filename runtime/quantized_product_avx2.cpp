// AVX2: 4 columns of 4 numbers of 16 bits; 2 rows, whose sums take 8 of the 16 registers.
#include <immintrin.h>

#include "runtime/quantized_loops.hpp"

namespace vitrine {
namespace {

struct Simd : CodesOfByte {
  using Whole = __m256i;
  using Sums [[gnu::vector_size(32)]] = std::int32_t;  // of one type throughout the loop, or each takes two registers
  static constexpr int columns = 4, rows = 2;

  [[gnu::always_inline]] static Whole broadcast(const std::int16_t* four) {
    long long codes;
    __builtin_memcpy(&codes, four, sizeof codes);
    return _mm256_set1_epi64x(codes);
  }
  template <int Half> [[gnu::always_inline]] static Whole widened(const std::uint8_t* from) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    if constexpr (Half == 2) bytes = _mm_srli_epi16(bytes, 4);
    if constexpr (Half != 0) bytes = _mm_and_si128(bytes, _mm_set1_epi8(15));
    return _mm256_cvtepu8_epi16(bytes);
  }
  [[gnu::always_inline]] static Sums add_products(Whole weights, Whole codes, Sums sums) {
    return sums + reinterpret_cast<Sums>(_mm256_madd_epi16(weights, codes));
  }
  /// Each column's two sums become one, of 8 columns; with what it begins with and its zero, times its scale, it is
  /// added to `made`.
  [[gnu::always_inline]] static void finish(Sums a, Sums b, std::int32_t begin, std::int32_t minus,
                                            const std::uint8_t* zeros, const std::uint8_t* scales, float* made) {
    const Whole mixed =
        _mm256_hadd_epi32(reinterpret_cast<Whole>(a), reinterpret_cast<Whole>(b));  // columns 0 1, 4 5, 2 3, 6 7
    Whole sums = _mm256_add_epi32(_mm256_permute4x64_epi64(mixed, 0xd8), _mm256_set1_epi32(begin));
    if (zeros) {
      const Whole eight = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(zeros)));
      sums = _mm256_add_epi32(_mm256_slli_epi32(sums, 4),  // zeros count sixteenths
                              _mm256_mullo_epi32(eight, _mm256_set1_epi32(minus)));
    }
    const Whole halves = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(scales)));
    const __m256 scale = _mm256_castsi256_ps(_mm256_slli_epi32(halves, 16));
    _mm256_storeu_ps(made, _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums), scale, _mm256_loadu_ps(made)));
  }
};

}  // namespace

QuantizedTable quantized_table_avx2() { return {2, 2, code_rows, multiply<Simd>}; }

}  // namespace vitrine
