// Plain x86-64, which has SSE2: 2 columns of 4 numbers of 16 bits, and 1 row, whose sums take 8 of the 16 registers.
#include <emmintrin.h>

#include <type_traits>

#include "runtime/quantized_loops.hpp"

namespace vitrine {
namespace {

struct Simd {
  using Whole = __m128i;
  static constexpr int columns = 2, rows = 1;
  static constexpr std::integral_constant<int, 0> whole_byte{};
  static constexpr std::integral_constant<int, 1> lower_half{};
  static constexpr std::integral_constant<int, 2> upper_half{};

  [[gnu::always_inline]] static Whole broadcast(const std::int16_t* four) {
    long long codes;
    __builtin_memcpy(&codes, four, sizeof codes);
    return _mm_set1_epi64x(codes);
  }
  template <int Half> [[gnu::always_inline]] static Whole widened(const std::uint8_t* from) {
    __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
    if constexpr (Half == 2) bytes = _mm_srli_epi16(bytes, 4);
    if constexpr (Half != 0) bytes = _mm_and_si128(bytes, _mm_set1_epi8(15));
    return _mm_unpacklo_epi8(bytes, _mm_setzero_si128());
  }
  [[gnu::always_inline]] static Whole add_products(Whole weights, Whole codes, Whole sums) {
    return _mm_add_epi32(sums, _mm_madd_epi16(weights, codes));
  }
  /// Each column's two sums as one, of 4 columns.
  [[gnu::always_inline]] static void store_sums(Whole a, Whole b, std::int32_t* to) {
    const __m128 first = _mm_castsi128_ps(a), second = _mm_castsi128_ps(b);
    const __m128i even = _mm_castps_si128(_mm_shuffle_ps(first, second, 0x88));
    const __m128i odd = _mm_castps_si128(_mm_shuffle_ps(first, second, 0xdd));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_add_epi32(even, odd));
  }
};

}  // namespace

QuantizedTable quantized_table_portable() { return {Simd::rows, Simd::rows, 2, 2, code_rows, multiply<Simd>}; }

}  // namespace vitrine
