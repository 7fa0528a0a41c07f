#pragma once
// The loops that measure a machine's limits, for any vector. Included by the limits_<isa>.cpp files only; all has
// internal linkage (see row_loops.hpp). Simd: Vector, width in floats, broadcast, multiply_add, stream.
#include "runtime/limits_table.hpp"

namespace vitrine {
namespace {

/// As many as hide the latency of a multiply-add on every core that we know, and fit 16 registers.
constexpr int chains = 12;

template <class Simd> float sum_of(typename Simd::Vector v) {
  float sum = 0;
  for (int i = 0; i < Simd::width; ++i) sum += v[i];
  return sum;
}

template <class Simd> float multiply_add(std::size_t rounds, float factor) {
  using Vector = typename Simd::Vector;
  const Vector by = Simd::broadcast(factor), one = Simd::broadcast(1);
  Vector chain[chains];
#pragma GCC unroll 12
  for (int i = 0; i < chains; ++i) chain[i] = Simd::broadcast(static_cast<float>(i));
  for (std::size_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i) chain[i] = Simd::multiply_add(chain[i], by, one);
  }
  Vector all = Simd::broadcast(0);
  for (int i = 0; i < chains; ++i) all += chain[i];
  return sum_of<Simd>(all);
}

template <class Simd> [[gnu::always_inline]] inline typename Simd::Vector load(const float* from) {
  typename Simd::Vector v;
  __builtin_memcpy(&v, from, sizeof v);
  return v;
}

/// Both halves at once: two streams keep more of memory busy than one.
template <class Simd> float read(const float* from, std::size_t count) {
  using Vector = typename Simd::Vector;
  constexpr std::size_t vectors = 4, width = Simd::width;
  const std::size_t half = count / 2;
  Vector first[vectors], second[vectors];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < vectors; ++i) first[i] = second[i] = Simd::broadcast(0);
  for (std::size_t at = 0; at < half; at += vectors * width) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < vectors; ++i) first[i] += load<Simd>(from + at + i * width);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < vectors; ++i) second[i] += load<Simd>(from + half + at + i * width);
  }
  Vector all = Simd::broadcast(0);
  for (std::size_t i = 0; i < vectors; ++i) all += first[i] + second[i];
  return sum_of<Simd>(all);
}

template <class Simd, bool past_caches> void copy(const float* from, float* to, std::size_t count) {
  using Vector = typename Simd::Vector;
  constexpr std::size_t vectors = 4, width = Simd::width;
  for (std::size_t at = 0; at < count; at += vectors * width) {
    Vector v[vectors];
#pragma GCC unroll 4
    for (std::size_t i = 0; i < vectors; ++i) v[i] = load<Simd>(from + at + i * width);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < vectors; ++i) {
      if constexpr (past_caches)
        Simd::stream(to + at + i * width, v[i]);
      else
        __builtin_memcpy(to + at + i * width, &v[i], sizeof(Vector));
    }
  }
  if constexpr (past_caches) __builtin_ia32_sfence();
}

template <class Simd> LimitsTable limits_table() {
  return {.multiply_add = &multiply_add<Simd>,
          .flops_a_round = 2 * static_cast<std::size_t>(chains) * Simd::width,
          .read = &read<Simd>,
          .copy = &copy<Simd, false>,
          .stream = &copy<Simd, true>};
}

}  // namespace
}  // namespace vitrine
