#pragma once
// The loops of gradients through a max pool, for any vector width. Included by the pooled_gradients_<isa>.cpp files
// only; all has internal linkage (see gemm_kernel.hpp).
#include "runtime/pooled_gradients_table.hpp"

namespace vitrine {
namespace {

template <class Vector> [[gnu::always_inline]] inline Vector load(const float* from) {
  Vector v;
  __builtin_memcpy(&v, from, sizeof v);
  return v;
}
template <class Vector> [[gnu::always_inline]] inline void store(float* to, Vector v) {
  __builtin_memcpy(to, &v, sizeof v);
}

/// Rows x Vectors sums of one channel, over all windows in turn. Where those are too few to keep a core busy, every
/// window of `Together` has its own, which are added up in the end.
template <class Simd, int Rows, int Vectors>
void sums_of_channel(const SumsByChannel& of, std::size_t channel, const float* image, float* sums,
                     std::ptrdiff_t sums_row) {
  using Vector = typename Simd::Vector;
  constexpr std::size_t together = Rows * Vectors >= 8 ? 1 : Rows * Vectors >= 4 ? 2 : 4;
  const std::size_t count = of.windows.count, places = of.windows.places, channels = of.windows.channels;
  const std::uint32_t* const window_at = of.windows.window_at;
  const std::uint32_t* const place_at = of.windows.place_at;
  const float* gradient = of.gradients + channel;
  const std::uint8_t* place = of.at_place + channel;
  const std::ptrdiff_t image_row = of.image_row;
  Vector made[together][Rows][Vectors] = {};
  for (std::size_t window = 0; window < count; window += together) {
#pragma GCC unroll 4
    for (std::size_t t = 0; t < together; ++t) {
      if (together > 1 && window + t >= count) break;
      const std::size_t at = place[t * channels];
      if (at >= places) continue;
      const float* from = image + window_at[window + t] + place_at[at];
      const Vector g = Simd::broadcast(gradient[t * channels]);
#pragma GCC unroll 4
      for (int r = 0; r < Rows; ++r, from += image_row) {
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v)
          made[t][r][v] = Simd::multiply_add(g, load<Vector>(from + v * Simd::width), made[t][r][v]);
      }
    }
    place += together * channels, gradient += together * channels;
  }
#pragma GCC unroll 4
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      float* const to = sums + r * sums_row + v * Simd::width;
      Vector all = load<Vector>(to);
#pragma GCC unroll 4
      for (std::size_t t = 0; t < together; ++t) all += made[t][r][v];
      store(to, all);
    }
}

using SumsOfChannel = void (*)(const SumsByChannel&, std::size_t, const float*, float*, std::ptrdiff_t);

template <class Simd, int Rows, int Vectors = Simd::most_vectors> SumsOfChannel sums_for(std::size_t vectors) {
  if constexpr (Vectors > 1) {
    if (vectors < Vectors) return sums_for<Simd, Rows, Vectors - 1>(vectors);
  }
  return &sums_of_channel<Simd, Rows, Vectors>;
}

/// Channel for channel, as many sums at a time as registers hold.
template <class Simd> void sums_by_channel(const SumsByChannel& of) {
  constexpr std::size_t most_rows = 3, most_vectors = Simd::most_vectors, width = Simd::width;
  const std::size_t row_floats = of.row_vectors * width;
  for (std::size_t row = 0; row < of.kernel_rows; row += most_rows)
    for (std::size_t vector = 0; vector < of.row_vectors; vector += most_vectors) {
      const std::size_t rows = of.kernel_rows - row < most_rows ? of.kernel_rows - row : most_rows;
      const std::size_t left = of.row_vectors - vector, vectors = left < most_vectors ? left : most_vectors;
      const SumsOfChannel run = rows == 3   ? sums_for<Simd, 3>(vectors)
                                : rows == 2 ? sums_for<Simd, 2>(vectors)
                                            : sums_for<Simd, 1>(vectors);
      const float* const image = of.image + static_cast<std::ptrdiff_t>(row) * of.image_row + vector * width;
      float* sums = of.sums + row * row_floats + vector * width;
      for (std::size_t channel = 0; channel < of.windows.channels; ++channel, sums += of.kernel_rows * row_floats)
        run(of, channel, image, sums, static_cast<std::ptrdiff_t>(row_floats));
    }
}

template <class Simd>
void sort_by_place(const WindowsOfImage& of, const float* gradients, const std::uint8_t* at_place, const Entries& to) {
  std::uint32_t made = 0, *begin = to.begin;
  for (std::size_t window = 0; window < of.count; ++window, gradients += of.channels, at_place += of.channels)
    for (std::size_t place = 0; place < of.places; ++place) {
      *begin++ = made;
      made += Simd::pick(gradients, at_place, of.channels, static_cast<std::uint8_t>(place), to.channel + made,
                         to.gradient + made);
    }
  *begin = made;
}

/// For instruction sets that cannot compress a vector.
[[maybe_unused]] inline std::uint32_t pick_one_by_one(const float* gradients, const std::uint8_t* at_place,
                                                      std::size_t channels, std::uint8_t place, std::uint32_t* channel,
                                                      float* gradient) {
  std::uint32_t made = 0;
  for (std::size_t c = 0; c < channels; ++c) {  // without a branch, of which half would be mistaken
    channel[made] = static_cast<std::uint32_t>(c), gradient[made] = gradients[c];
    made += (at_place[c] == place) & (gradients[c] != 0);
  }
  return made;
}

/// One place after the other, whose pixel's vectors stay in registers while its entries are added. Of the last vector
/// only `last` lanes belong to the row.
template <class Simd, int Vectors>
void shares_of_vectors(const SharesByPlace& of, const float* weights, std::ptrdiff_t weight_row, float* image,
                       std::size_t last) {
  using Vector = typename Simd::Vector;
  constexpr int width = Simd::width;
  const std::size_t count = of.windows.count, places = of.windows.places;
  const std::uint32_t* const window_at = of.windows.window_at;
  const std::uint32_t* const place_at = of.windows.place_at;
  const auto lanes = Simd::first(last);
  const std::uint32_t* begin = of.entries.begin;
  const std::uint32_t* const channel = of.entries.channel;
  const float* const gradient = of.entries.gradient;
  for (std::size_t window = 0; window < count; ++window)
    for (std::size_t place = 0; place < places; ++place, ++begin) {
      if (begin[0] == begin[1]) continue;
      float* const at = image + window_at[window] + place_at[place];
      Vector sums[Vectors];
#pragma GCC unroll 8
      for (int v = 0; v < Vectors - 1; ++v) sums[v] = load<Vector>(at + v * width);
      sums[Vectors - 1] = Simd::load(lanes, at + (Vectors - 1) * width);
      for (std::uint32_t entry = begin[0]; entry < begin[1]; ++entry) {
        const Vector g = Simd::broadcast(gradient[entry]);
        const float* const w = weights + static_cast<std::ptrdiff_t>(channel[entry]) * weight_row;
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) sums[v] = Simd::multiply_add(g, load<Vector>(w + v * width), sums[v]);
      }
#pragma GCC unroll 8
      for (int v = 0; v < Vectors - 1; ++v) store(at + v * width, sums[v]);
      Simd::store(lanes, at + (Vectors - 1) * width, sums[Vectors - 1]);
    }
}

using SharesOfVectors = void (*)(const SharesByPlace&, const float*, std::ptrdiff_t, float*, std::size_t);

template <class Simd, int Vectors = 8> SharesOfVectors shares_for(std::size_t vectors) {
  if constexpr (Vectors > 1) {
    if (vectors < Vectors) return shares_for<Simd, Vectors - 1>(vectors);
  }
  return &shares_of_vectors<Simd, Vectors>;
}

template <class Simd> void shares_by_place(const SharesByPlace& of) {
  constexpr std::size_t width = Simd::width, most = 8;
  const std::size_t vectors = (of.row_floats + width - 1) / width;
  for (std::size_t vector = 0; vector < vectors; vector += most) {
    const std::size_t now = vectors - vector < most ? vectors - vector : most;
    const std::size_t last = of.row_floats - (vector + now - 1) * width;
    shares_for<Simd>(now)(of, of.weights + vector * width, static_cast<std::ptrdiff_t>(vectors * width),
                          of.image + vector * width, last < width ? last : width);
  }
}

inline std::uint8_t largest_place(const std::uint8_t* at_place, std::size_t count) {
  std::uint8_t largest = 0;
  for (std::size_t i = 0; i < count; ++i) largest = at_place[i] > largest ? at_place[i] : largest;
  return largest;
}

template <class Simd> PooledGradientsTable make_pooled_gradients_table() {
  return {Simd::width, &sums_by_channel<Simd>, &sort_by_place<Simd>, &shares_by_place<Simd>, &largest_place};
}

}  // namespace
}  // namespace vitrine
