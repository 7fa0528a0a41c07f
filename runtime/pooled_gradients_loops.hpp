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

/// A channel's windows whose gradient is not zero: where each one's pixel begins, and the gradient.
struct Given {
  std::size_t count;
  const std::uint32_t* at;
  const float* gradient;
};

/// Rows x Vectors sums of one channel, over its windows in turn; of `Together` windows each has its own, and these are
/// added up in the end.
template <class Simd, int Together, int Rows, int Vectors>
void sums_of_channel(const Given& given, const float* image, std::ptrdiff_t image_row, float* sums,
                     std::ptrdiff_t sums_row) {
  using Vector = typename Simd::Vector;
  constexpr std::size_t together = Together;
  const std::size_t count = given.count;
  const std::uint32_t* at = given.at;
  const float* gradient = given.gradient;
  Vector made[together][Rows][Vectors] = {};
  for (std::size_t window = 0; window < count; window += together, at += together, gradient += together) {
#pragma GCC unroll 4
    for (std::size_t t = 0; t < together; ++t) {
      if (together > 1 && window + t >= count) break;
      const float* from = image + at[t];
      const Vector g = Simd::broadcast(gradient[t]);
#pragma GCC unroll 4
      for (int r = 0; r < Rows; ++r, from += image_row) {
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v)
          made[t][r][v] = Simd::multiply_add(g, load<Vector>(from + v * Simd::width), made[t][r][v]);
      }
    }
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

using SumsOfChannel = void (*)(const Given&, const float*, std::ptrdiff_t, float*, std::ptrdiff_t);

template <class Simd, int Together, int Rows, int Vectors> SumsOfChannel sums_for(std::size_t vectors) {
  if constexpr (Vectors > 1) {
    if (vectors < Vectors) return sums_for<Simd, Together, Rows, Vectors - 1>(vectors);
  }
  return &sums_of_channel<Simd, Together, Rows, Vectors>;
}

/// As many sums of a channel at a time as registers hold.
template <class Simd, int Together> void all_sums_of_channel(const SumsByChannel& of, const Given& given, float* sums) {
  constexpr int most_rows = 3, most_vectors = Simd::most_vectors / (Together == 1 ? 1 : 3);
  constexpr std::size_t width = Simd::width;
  const std::size_t row_vectors = (of.row_floats + width - 1) / width, row_floats = row_vectors * width;
  for (std::size_t row = 0; row < of.kernel_rows; row += most_rows)
    for (std::size_t vector = 0; vector < row_vectors; vector += most_vectors) {
      const std::size_t rows = of.kernel_rows - row, vectors = row_vectors - vector;
      const SumsOfChannel run = rows >= 3   ? sums_for<Simd, Together, 3, most_vectors>(vectors)
                                : rows == 2 ? sums_for<Simd, Together, 2, most_vectors>(vectors)
                                            : sums_for<Simd, Together, 1, most_vectors>(vectors);
      run(given, of.image + static_cast<std::ptrdiff_t>(row) * of.image_row + vector * width, of.image_row,
          sums + row * row_floats + vector * width, static_cast<std::ptrdiff_t>(row_floats));
    }
}

constexpr std::size_t most_channels = 16, most_windows = 64;  // of which what is given is collected at once

/// Room for what up to so many channels are given; a vector more is written behind the last.
struct Collected {
  std::size_t count[most_channels];
  std::uint32_t at[most_channels][most_windows + 16];
  float gradient[most_channels][most_windows + 16];
};

/// For instruction sets that cannot compress a vector: of windows [first, first + windows) and channels
/// [channel, channel + channels).
[[maybe_unused]] inline void collect_one_by_one(const SumsByChannel& of, std::size_t first, std::size_t windows,
                                                std::size_t channel, std::size_t channels, Collected& to) {
  const WindowsOfImage& all = of.windows;
  for (std::size_t c = 0; c < channels; ++c) {
    const float* gradient = of.gradients + first * all.channels + channel + c;
    const std::uint8_t* place = of.at_place + first * all.channels + channel + c;
    std::size_t made = 0;
    for (std::size_t w = 0; w < windows; ++w, gradient += all.channels, place += all.channels) {
      const bool within = *place < all.places;
      to.at[c][made] = all.window_at[first + w] + all.place_at[within ? *place : 0];
      to.gradient[c][made] = *gradient;
      made += within & (*gradient != 0);  // without a branch, of which many would be mistaken
    }
    to.count[c] = made;
  }
}

/// Few sums do not keep a core busy: each addition waits for the one before. How many windows are summed side by side
/// depends on the sizes alone, and so do the bits.
template <class Simd> void sums_by_channel(const SumsByChannel& of) {
  constexpr std::size_t few_sums = 64;
  const auto all_sums =
      of.kernel_rows * of.row_floats < few_sums ? &all_sums_of_channel<Simd, 4> : &all_sums_of_channel<Simd, 1>;
  constexpr std::size_t width = Simd::width;
  const std::size_t all = of.windows.channels,
                    of_channel = of.kernel_rows * ((of.row_floats + width - 1) / width) * width;
  Collected given;
  for (std::size_t first = 0; first < of.windows.count; first += most_windows)
    for (std::size_t channel = 0; channel < all; channel += most_channels) {
      const std::size_t windows = of.windows.count - first < most_windows ? of.windows.count - first : most_windows;
      const std::size_t channels = all - channel < most_channels ? all - channel : most_channels;
      Simd::collect(of, first, windows, channel, channels, given);
      for (std::size_t c = 0; c < channels; ++c)
        all_sums(of, {given.count[c], given.at[c], given.gradient[c]}, of.sums + (channel + c) * of_channel);
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

constexpr int most_share_vectors = 8;

template <class Simd, int Vectors = most_share_vectors> SharesOfVectors shares_for(std::size_t vectors) {
  if constexpr (Vectors > 1) {
    if (vectors < Vectors) return shares_for<Simd, Vectors - 1>(vectors);
  }
  return &shares_of_vectors<Simd, Vectors>;
}

template <class Simd> void shares_of_row(const SharesByPlace& of) {
  constexpr std::size_t width = Simd::width;
  const std::size_t vectors = (of.row_floats + width - 1) / width;
  for (std::size_t vector = 0; vector < vectors; vector += most_share_vectors) {
    const std::size_t now = vectors - vector < most_share_vectors ? vectors - vector : most_share_vectors;
    const std::size_t last = of.row_floats - (vector + now - 1) * width;
    shares_for<Simd>(now)(of, of.weights + vector * width, static_cast<std::ptrdiff_t>(vectors * width),
                          of.image + vector * width, last < width ? last : width);
  }
}

/// Rows of more vectors than are kept in registers are complete before the next place's begin: a pixel gets its shares
/// in one order, whatever the width.
template <class Simd> void shares_by_place(const SharesByPlace& of) {
  if (of.row_floats <= most_share_vectors * Simd::width) return shares_of_row<Simd>(of);
  const auto& [count, places, channels, window_at, place_at] = of.windows;
  for (std::size_t window = 0; window < count; ++window)
    for (std::size_t place = 0; place < places; ++place) {
      SharesByPlace one = of;
      one.windows = {1, 1, channels, window_at + window, place_at + place};
      one.entries.begin += window * places + place;
      shares_of_row<Simd>(one);
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
