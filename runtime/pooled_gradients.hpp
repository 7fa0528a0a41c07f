#pragma once
// What a convolution passes on of a gradient that came back through a max pool with windows side by side. Of each
// window one pixel has a gradient, so of four products of the convolution's derivatives three are with zero, and behind
// a relu the fourth is too where it lets nothing through: none of these is made. The definition of the ops makes them:
// of an infinite weight or image it may have NaN where these have a number.
#include "runtime/aligned_bytes.hpp"
#include "runtime/convolution.hpp"

namespace vitrine {

/// A convolution that moves by one pixel, and the windows over what it makes.
struct PooledConvolution {
  Windows convolution, pool;

  std::size_t channels_in() const { return convolution.channels; }
  std::size_t channels_out() const { return pool.channels; }
  std::size_t windows_of_image() const { return pool.result_rows * pool.result_columns; }
};

/// Where windows and their places lie in an image with room for its padding, and a thread's such image.
class PaddedImages {
 public:
  PaddedImages(const PooledConvolution&, Isa, std::size_t threads);

  std::size_t line() const { return line_; }
  std::size_t rows() const { return rows_; }
  std::size_t floats() const { return rows_ * line_; }
  /// A row of the kernel, in whole vectors.
  std::size_t row_floats() const { return row_floats_; }
  std::span<const std::uint32_t> windows() const { return window_at_; }
  std::span<const std::uint32_t> places() const { return place_at_; }
  float* of_thread(std::size_t worker) const { return reinterpret_cast<float*>(rooms_[worker].data()); }

 private:
  std::size_t rows_, line_, row_floats_;
  std::vector<std::uint32_t> window_at_{}, place_at_{};
  std::vector<AlignedBytes> rooms_{};
};

/// dx = conv2d_input_gradient(max_pool2d_scatter(dy, place), w), image by image. Every pixel's sum has one order, by
/// kernel rows, windows, places and channels: its bits depend on neither the batch nor the number of threads.
class PooledInputGradient {
 public:
  PooledInputGradient(const PooledConvolution&, Isa, std::size_t threads);
  /// The epilogue sees the result as a matrix of pixels by channels.
  void run(Pool&, const float* dy, const std::uint8_t* place, const float* w, float* dx, GemmEpilogue epilogue);

 private:
  /// A thread's entries.
  struct Sorted {
    std::vector<std::uint32_t> begin, channel;
    std::vector<float> gradient;
  };
  PooledConvolution of_;
  Isa isa_;
  PaddedImages images_;
  std::vector<Sorted> sorted_{};
  AlignedBytes weights_;
};

/// dw = conv2d_weight_gradient(x, max_pool2d_scatter(dy, place)). Each of at most 16 parts of the batch is summed by
/// itself, image by image and window by window, then the parts.
class PooledWeightGradient {
 public:
  PooledWeightGradient(const PooledConvolution&, Isa, std::size_t threads);
  static std::size_t workspace(const PooledConvolution&, Isa);
  void run(Pool&, const float* x, const float* dy, const std::uint8_t* place, float* dw,
           std::span<std::byte> workspace);

 private:
  void add_image(const float* dy, const std::uint8_t* place, const float* padded, float* sums) const;

  PooledConvolution of_;
  Isa isa_;
  PaddedImages images_;
};

/// y = sum_to(max_pool2d_scatter(dy, place)), of all windows and for each channel.
void pooled_sum(Pool&, Isa, const Windows& pool, const float* dy, const std::uint8_t* place, float* y);

}  // namespace vitrine
