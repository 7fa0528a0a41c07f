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

/// dx = conv2d_input_gradient(dy, w): itself a convolution, of dy with its pixels moved apart by the stride, with the
/// kernel turned around (Dumoulin and Visin, arXiv 1603.07285, section 4).
void convolution_input_gradient(Pool&, Isa, const ConvolutionSize&, const float* dy, const float* w, float* dx,
                                std::span<std::byte> workspace, GemmEpilogue epilogue = {});

/// dw = conv2d_weight_gradient(x, dy). Each of at most 16 parts of the batch is summed by itself, then the parts.
void convolution_weight_gradient(Pool&, Isa, const ConvolutionSize&, const float* x, const float* dy, float* dw,
                                 std::span<std::byte> workspace);

}  // namespace vitrine
