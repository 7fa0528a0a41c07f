#pragma once
// The loops of pooling, for any vector width in floats. Included by the pooling_<isa>.cpp files only; all has internal
// linkage (see row_loops.hpp). Channels that do not fill a vector are one vector that is read and written in part.
#include "runtime/pooling_table.hpp"

namespace vitrine {
namespace {

template <int Width> struct Wide {
  using Floats [[gnu::vector_size(Width * sizeof(float))]] = float;
  using Integers [[gnu::vector_size(Width * sizeof(float))]] = std::int32_t;
  using Bytes [[gnu::vector_size(Width)]] = std::uint8_t;
};

template <class Vector, class T> [[gnu::always_inline]] inline Vector load(const T* from, std::size_t count) {
  Vector v{};
  if (count * sizeof(T) == sizeof(Vector))
    __builtin_memcpy(&v, from, sizeof(Vector));
  else
    __builtin_memcpy(&v, from, count * sizeof(T));
  return v;
}
template <class Vector, class T> [[gnu::always_inline]] inline void store(T* to, Vector v, std::size_t count) {
  if (count * sizeof(T) == sizeof(Vector))
    __builtin_memcpy(to, &v, sizeof(Vector));
  else
    __builtin_memcpy(to, &v, count * sizeof(T));
}

/// Calls body(where in a tap, where in what is one a window, how many) for vectors of channels of every window.
template <int Width, class Body> [[gnu::always_inline]] inline void by_vectors(const Taps& of, Body body) {
  for (std::size_t w = 0; w < of.windows; ++w) {
    const std::ptrdiff_t tap = static_cast<std::ptrdiff_t>(w) * of.step;
    const std::size_t own = w * of.channels;
    std::size_t c = 0;
    for (; c + Width <= of.channels; c += Width)
      body(tap + static_cast<std::ptrdiff_t>(c), own + c, static_cast<std::size_t>(Width));
    if (c < of.channels) body(tap + static_cast<std::ptrdiff_t>(c), own + c, of.channels - c);
  }
}

template <int Width> void largest_alone(const Taps& window, const float* const* taps, float* y) {
  using Floats = typename Wide<Width>::Floats;
  by_vectors<Width>(
      window, [&](std::ptrdiff_t at_tap, std::size_t c, std::size_t n) __attribute__((always_inline)) {
        Floats top = load<Floats>(taps[0] + at_tap, n);
        for (std::size_t t = 1; t < window.count; ++t) {
          const Floats candidate = load<Floats>(taps[t] + at_tap, n);
          const Floats larger = candidate > top ? candidate : top;  // one instruction; a NaN in top stays
          top = candidate == candidate ? larger : candidate;
        }
        store(y + c, top, n);
      });
}

template <int Width> void largest(const Taps& window, const float* const* taps, float* y, std::uint8_t* place) {
  if (!place) return largest_alone<Width>(window, taps, y);
  using Floats = typename Wide<Width>::Floats;
  using Integers = typename Wide<Width>::Integers;
  by_vectors<Width>(
      window, [&](std::ptrdiff_t at_tap, std::size_t c, std::size_t n) __attribute__((always_inline)) {
        Floats top = load<Floats>(taps[0] + at_tap, n);
        Integers best = Integers{} + window.places[0];
        for (std::size_t t = 1; t < window.count; ++t) {
          const Floats candidate = load<Floats>(taps[t] + at_tap, n);
          const Integers wins = (candidate > top) | ((candidate != candidate) & (top == top));
          top = wins ? candidate : top;
          best = wins ? Integers{} + window.places[t] : best;
        }
        store(y + c, top, n);
        store(place + c, __builtin_convertvector(best, typename Wide<Width>::Bytes), n);
      });
}

template <int Width> void mean(const Taps& window, const float* const* taps, float share, float* y) {
  using Floats = typename Wide<Width>::Floats;
  by_vectors<Width>(
      window, [&](std::ptrdiff_t at_tap, std::size_t c, std::size_t n) __attribute__((always_inline)) {
        Floats sum = Floats{};
        for (std::size_t t = 0; t < window.count; ++t) sum += load<Floats>(taps[t] + at_tap, n);
        store(y + c, sum * share, n);
      });
}

template <int Width>
void scatter(const Taps& window, float* const* taps, const float* g, const std::uint8_t* place, bool add) {
  using Floats = typename Wide<Width>::Floats;
  using Integers = typename Wide<Width>::Integers;
  by_vectors<Width>(
      window, [&](std::ptrdiff_t at_tap, std::size_t c, std::size_t n) __attribute__((always_inline)) {
        const Floats gradient = load<Floats>(g + c, n);
        const Integers where = __builtin_convertvector(load<typename Wide<Width>::Bytes>(place + c, n), Integers);
        for (std::size_t t = 0; t < window.count; ++t) {
          Floats part = where == static_cast<std::int32_t>(window.places[t]) ? gradient : Floats{};
          if (add) part += load<Floats>(taps[t] + at_tap, n);
          store(taps[t] + at_tap, part, n);
        }
      });
}

template <int Width> void spread(const Taps& window, float* const* taps, const float* g, float share, bool add) {
  using Floats = typename Wide<Width>::Floats;
  by_vectors<Width>(
      window, [&](std::ptrdiff_t at_tap, std::size_t c, std::size_t n) __attribute__((always_inline)) {
        const Floats gradient = load<Floats>(g + c, n) * share;
        for (std::size_t t = 0; t < window.count; ++t)
          store(taps[t] + at_tap, add ? gradient + load<Floats>(taps[t] + at_tap, n) : gradient, n);
      });
}

template <int Width> constexpr PoolingTable make_pooling_table() {
  return {&largest<Width>, &mean<Width>, &scatter<Width>, &spread<Width>};
}

}  // namespace
}  // namespace vitrine
