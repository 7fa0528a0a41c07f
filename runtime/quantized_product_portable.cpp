// Plain x86-64, which has SSE2: 2 columns of 4 numbers of 16 bits, and 1 row, whose sums take 8 of the 16 registers.
#include <emmintrin.h>

#include "runtime/quantized_loops.hpp"
#include "vitrine/multiply_add.hpp"

namespace vitrine {
namespace {

struct Simd : CodesOfByte {
  using Whole = __m128i;
  using Sums [[gnu::vector_size(16)]] = std::int32_t;  // of one type throughout the loop, or each takes two registers
  static constexpr int columns = 2, rows = 1;

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
  [[gnu::always_inline]] static Sums add_products(Whole weights, Whole codes, Sums sums) {
    return sums + reinterpret_cast<Sums>(_mm_madd_epi16(weights, codes));
  }
  /// Each column's two sums become one, of 4 columns; with what it begins with and its zero, times its scale, it is
  /// added to `made`.
  [[gnu::always_inline]] static void finish(Sums a, Sums b, std::int32_t begin, std::int32_t minus,
                                            const std::uint8_t* zeros, const std::uint8_t* scales, float* made) {
    const __m128 first = reinterpret_cast<__m128>(a), second = reinterpret_cast<__m128>(b);
    const __m128i even = _mm_castps_si128(_mm_shuffle_ps(first, second, 0x88));
    const __m128i odd = _mm_castps_si128(_mm_shuffle_ps(first, second, 0xdd));
    std::uint32_t sums[4];
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sums), _mm_add_epi32(even, odd));
    for (int i = 0; i < 4; ++i) {
      std::uint16_t half;
      __builtin_memcpy(&half, scales + 2 * i, sizeof half);
      std::uint32_t all = sums[i] + static_cast<std::uint32_t>(begin);
      if (zeros) all = 16 * all + zeros[i] * static_cast<std::uint32_t>(minus);  // which count sixteenths
      made[i] = math::detail::multiply_add(static_cast<float>(static_cast<std::int32_t>(all)),
                                           math::detail::from_bits(static_cast<std::uint32_t>(half) << 16), made[i]);
    }
  }
};

}  // namespace

QuantizedTable quantized_table_portable() { return {2, 2, code_rows, multiply<Simd>}; }

}  // namespace vitrine
