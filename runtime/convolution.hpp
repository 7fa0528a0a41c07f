#pragma once
// Convolution of images and its two derivatives. A convolution is a matrix product whose left rows overlap in memory:
// the pixels that one window sees are, kernel row by kernel row, contiguous floats of the padded image. So the matrix
// product's own inner loops run over the image where it is, and no matrix of patches is ever made.
#include "runtime/gemm.hpp"
#include "vitrine/extent.hpp"

namespace vitrine {

/// Images [batch, rows, columns, channels], a weight [kernel rows, kernel columns, channels / groups, result channels]
/// and results [batch, result rows, result columns, result channels].
struct ConvolutionSize {
  Windows windows;
  std::size_t result_channels, groups;

  std::size_t channels_in() const { return windows.channels / groups; }  // of one group
  std::size_t channels_out() const { return result_channels / groups; }  // of one group
  std::size_t weights() const { return windows.kernel_rows * windows.kernel_columns * channels_in() * result_channels; }
};

/// Bytes of workspace, for any number of threads.
std::size_t convolution_workspace(Isa, const ConvolutionSize&);
std::size_t convolution_input_gradient_workspace(Isa, const ConvolutionSize&);
std::size_t convolution_weight_gradient_workspace(Isa, const ConvolutionSize&);

/// y = conv2d(x, w). All tensors are dense. Every element is summed in one order, over kernel rows, kernel columns and
/// channels ascending: its bits do not depend on the batch or the number of threads. The epilogue sees the result as
/// a matrix of pixels by channels. Throws InternalError if the workspace is too small.
void convolution(Pool&, Isa, const ConvolutionSize&, const float* x, const float* w, float* y,
                 std::span<std::byte> workspace, GemmEpilogue epilogue = {});

/// Where results go that are wanted image by image: `place` hands out where the results of images from `image` on are
/// written, for the thread that makes them to use until `done` was called.
struct ByImage {
  FunctionRef<float*(std::size_t image, std::size_t worker)> place;
  FunctionRef<void(std::size_t image, std::size_t images, std::size_t worker)> done;
};

/// Whether there are images enough to share out: then each is made by one thread, and convolution_by_image can be had.
bool goes_by_image(const ConvolutionSize&);
/// The same image by image, one at a time.
void convolution_by_image(Pool&, Isa, const ConvolutionSize&, const float* x, const float* w, const ByImage& to,
                          std::span<std::byte> workspace);

/// dx = conv2d_input_gradient(dy, w): itself a convolution, of dy with its pixels moved apart by the stride, with the
/// kernel turned around (Dumoulin and Visin, arXiv 1603.07285, section 4).
void convolution_input_gradient(Pool&, Isa, const ConvolutionSize&, const float* dy, const float* w, float* dx,
                                std::span<std::byte> workspace, GemmEpilogue epilogue = {});

/// dw = conv2d_weight_gradient(x, dy). Each of at most 16 parts of the batch is summed by itself, then the parts.
void convolution_weight_gradient(Pool&, Isa, const ConvolutionSize&, const float* x, const float* dy, float* dw,
                                 std::span<std::byte> workspace);

}  // namespace vitrine
