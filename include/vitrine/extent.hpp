#pragma once
// How a window lies over an image: kernels, strides and paddings have rows and columns.
#include <cstdint>

#include "vitrine/type.hpp"

namespace vitrine {

/// Rows by columns; printed as "3x3".
struct Extent {
  std::int64_t rows = 1, columns = 1;
  bool operator==(const Extent&) const = default;
};

/// How often a window of `kernel` fits into `size` with `padding` on both sides when it moves by `stride`: the size of
/// the result along that axis (Dumoulin and Visin, arXiv 1603.07285, relationship 6). 0 if it does not fit once.
constexpr std::size_t windows(std::size_t size, std::size_t kernel, std::int64_t stride, std::int64_t padding) {
  const std::size_t padded = size + 2 * static_cast<std::size_t>(padding);
  return padded < kernel ? 0 : (padded - kernel) / static_cast<std::size_t>(stride) + 1;
}

/// An axis after windows have slid along it: its name stays where its size does, because one name has one size.
constexpr Axis resized(const Axis& a, std::size_t size) { return size == a.size ? a : Axis(size); }

/// Images of shape [batch, rows, columns, channels] seen through windows: sizes for the loops of convolution and
/// pooling, in the reference and in kernels.
struct Windows {
  std::size_t batch, rows, columns, channels;    // of the images
  std::size_t kernel_rows, kernel_columns;       // of the window
  std::size_t result_rows, result_columns;       // how many windows
  std::ptrdiff_t stride_rows, stride_columns;    // how far apart
  std::ptrdiff_t padding_rows, padding_columns;  // rows above and below, columns left and right that are not there

  /// Calls visit(image, i, j, row, column, place) for every place of every window that lies in the image: window (i, j)
  /// of the image sees (row, column) at its place number `place`, counted row by row over the whole window.
  constexpr void each(const auto& visit) const {
    for (std::size_t image = 0; image < batch; ++image)
      for (std::size_t i = 0; i < result_rows; ++i)
        for (std::size_t j = 0; j < result_columns; ++j)
          each_place(i, j, [&](auto... at) { visit(image, i, j, at...); });
  }
  constexpr void each_place(std::size_t i, std::size_t j, const auto& visit) const {
    for (std::size_t a = 0; a < kernel_rows; ++a)
      for (std::size_t b = 0; b < kernel_columns; ++b) {
        const std::ptrdiff_t row =
            static_cast<std::ptrdiff_t>(i) * stride_rows + static_cast<std::ptrdiff_t>(a) - padding_rows;
        const std::ptrdiff_t column =
            static_cast<std::ptrdiff_t>(j) * stride_columns + static_cast<std::ptrdiff_t>(b) - padding_columns;
        if (row >= 0 && column >= 0 && row < static_cast<std::ptrdiff_t>(rows) &&
            column < static_cast<std::ptrdiff_t>(columns))
          visit(static_cast<std::size_t>(row), static_cast<std::size_t>(column), a * kernel_columns + b);
      }
  }
  /// Element numbers in an image tensor and in one of a window each, without the channel.
  constexpr std::size_t pixel(std::size_t image, std::size_t row, std::size_t column) const {
    return (image * rows + row) * columns + column;
  }
  constexpr std::size_t window(std::size_t image, std::size_t i, std::size_t j) const {
    return (image * result_rows + i) * result_columns + j;
  }
};

constexpr Windows windows_of(const Shape& images, Extent kernel, const Shape& result, Extent stride, Extent padding) {
  return {images[0].size,
          images[1].size,
          images[2].size,
          images[3].size,
          static_cast<std::size_t>(kernel.rows),
          static_cast<std::size_t>(kernel.columns),
          result[1].size,
          result[2].size,
          static_cast<std::ptrdiff_t>(stride.rows),
          static_cast<std::ptrdiff_t>(stride.columns),
          static_cast<std::ptrdiff_t>(padding.rows),
          static_cast<std::ptrdiff_t>(padding.columns)};
}

}  // namespace vitrine
