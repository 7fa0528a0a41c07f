// AVX2: 4 columns of 4 numbers of 16 bits; 2 rows, whose sums take 8 of the 16 registers.
#include <immintrin.h>

#include <type_traits>

#include "runtime/quantized_loops.hpp"

namespace vitrine {
namespace {

struct Simd {
  using Whole = __m256i;
  static constexpr int columns = 4, rows = 2;
  static constexpr std::integral_constant<int, 0> whole_byte{};
  static constexpr std::integral_constant<int, 1> lower_half{};
  static constexpr std::integral_constant<int, 2> upper_half{};

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
  [[gnu::always_inline]] static Whole add_products(Whole weights, Whole codes, Whole sums) {
    return _mm256_add_epi32(sums, _mm256_madd_epi16(weights, codes));
  }
  /// Each column's two sums as one, of 8 columns.
  [[gnu::always_inline]] static void store_sums(Whole a, Whole b, std::int32_t* to) {
    const Whole mixed = _mm256_hadd_epi32(a, b);  // columns 0 1, 4 5, 2 3, 6 7
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_permute4x64_epi64(mixed, 0xd8));
  }
};

}  // namespace

QuantizedTable quantized_table_avx2() { return {Simd::rows, Simd::rows, 2, 2, code_rows, multiply<Simd>}; }

}  // namespace vitrine
