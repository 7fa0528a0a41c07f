#pragma once
// Several vectors side by side as what math.hpp takes for a float. A polynomial is one long chain of operations, each
// of which waits some cycles for the one before; with as many chains in step as a core has room for it never waits.
// All has internal linkage, as in row_loops.hpp.
#include <cstdint>
#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "vitrine/math.hpp"

namespace vitrine {
namespace {

template <class Number, int Width, int Count> struct LaneBlock {
  using Vector [[gnu::vector_size(Width * sizeof(Number))]] = Number;
  static constexpr int width = Width, count = Count;

  LaneBlock() = default;
  /// The number in every lane.
  [[gnu::always_inline]] LaneBlock(Number number) {
#pragma GCC unroll 8
    for (int i = 0; i < Count; ++i) vectors[i] = number - Vector{};
  }

  Vector vectors[Count];
};
template <int Width, int Count> using FloatBlock = LaneBlock<float, Width, Count>;
template <int Width, int Count> using BitBlock = LaneBlock<std::uint32_t, Width, Count>;

/// f of every vector, written down one after the other.
template <class Block, class F> [[gnu::always_inline]] inline Block each(F f) {
  Block made;
#pragma GCC unroll 8
  for (int i = 0; i < Block::count; ++i) made.vectors[i] = f(i);
  return made;
}

template <class N, int W, int C>
[[gnu::always_inline]] inline LaneBlock<N, W, C> operator+(LaneBlock<N, W, C> a, LaneBlock<N, W, C> b) {
  return each<LaneBlock<N, W, C>>([&](int i) __attribute__((always_inline)) { return a.vectors[i] + b.vectors[i]; });
}
template <class N, int W, int C>
[[gnu::always_inline]] inline LaneBlock<N, W, C> operator-(LaneBlock<N, W, C> a, LaneBlock<N, W, C> b) {
  return each<LaneBlock<N, W, C>>([&](int i) __attribute__((always_inline)) { return a.vectors[i] - b.vectors[i]; });
}
template <class N, int W, int C>
[[gnu::always_inline]] inline LaneBlock<N, W, C> operator*(LaneBlock<N, W, C> a, LaneBlock<N, W, C> b) {
  return each<LaneBlock<N, W, C>>([&](int i) __attribute__((always_inline)) { return a.vectors[i] * b.vectors[i]; });
}
template <class N, int W, int C> [[gnu::always_inline]] inline LaneBlock<N, W, C> operator+(LaneBlock<N, W, C> a, N b) {
  return each<LaneBlock<N, W, C>>([&](int i) __attribute__((always_inline)) { return a.vectors[i] + b; });
}
template <class N, int W, int C> [[gnu::always_inline]] inline LaneBlock<N, W, C> operator+(N a, LaneBlock<N, W, C> b) {
  return each<LaneBlock<N, W, C>>([&](int i) __attribute__((always_inline)) { return a + b.vectors[i]; });
}
template <class N, int W, int C> [[gnu::always_inline]] inline LaneBlock<N, W, C> operator-(LaneBlock<N, W, C> a, N b) {
  return each<LaneBlock<N, W, C>>([&](int i) __attribute__((always_inline)) { return a.vectors[i] - b; });
}
template <class N, int W, int C> [[gnu::always_inline]] inline LaneBlock<N, W, C> operator*(LaneBlock<N, W, C> a, N b) {
  return each<LaneBlock<N, W, C>>([&](int i) __attribute__((always_inline)) { return a.vectors[i] * b; });
}
template <class N, int W, int C> [[gnu::always_inline]] inline LaneBlock<N, W, C> operator*(N a, LaneBlock<N, W, C> b) {
  return each<LaneBlock<N, W, C>>([&](int i) __attribute__((always_inline)) { return a * b.vectors[i]; });
}
template <int W, int C>
[[gnu::always_inline]] inline FloatBlock<W, C> multiply_add(FloatBlock<W, C> a, FloatBlock<W, C> b,
                                                            FloatBlock<W, C> c) {
  return each<FloatBlock<W, C>>([&](int i) __attribute__((always_inline)) {
#ifdef __AVX512F__
    if constexpr (W == 16) return _mm512_fmadd_ps(a.vectors[i], b.vectors[i], c.vectors[i]);
#endif
#ifdef __AVX2__
    if constexpr (W == 8) return _mm256_fmadd_ps(a.vectors[i], b.vectors[i], c.vectors[i]);
#endif
    typename FloatBlock<W, C>::Vector made;
    for (int lane = 0; lane < W; ++lane)
      made[lane] = math::detail::multiply_add(a.vectors[i][lane], b.vectors[i][lane], c.vectors[i][lane]);
    return made;
  });
}
template <int W, int C> [[gnu::always_inline]] inline BitBlock<W, C> operator<<(BitBlock<W, C> a, int count) {
  return each<BitBlock<W, C>>([&](int i) __attribute__((always_inline)) { return a.vectors[i] << count; });
}
template <int W, int C> [[gnu::always_inline]] inline BitBlock<W, C> bits(FloatBlock<W, C> a) {
  return __builtin_bit_cast(BitBlock<W, C>, a);
}
template <int W, int C> [[gnu::always_inline]] inline FloatBlock<W, C> from_bits(BitBlock<W, C> a) {
  return __builtin_bit_cast(FloatBlock<W, C>, a);
}

}  // namespace
}  // namespace vitrine
