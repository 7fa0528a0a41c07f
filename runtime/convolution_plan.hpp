#pragma once
// What the convolution's three forms share: padded images and the workspace they lie in.
#include <algorithm>
#include <cstring>

#include "runtime/convolution.hpp"
#include "runtime/gemm_block.hpp"
#include "runtime/gemm_grid.hpp"

namespace vitrine {

/// Pixels of an image copied into a larger one of zeros: `top` rows and `left` columns in, `apart` pixels from one to
/// the next.
struct Padding {
  std::size_t rows, columns;  // of the larger image
  std::size_t top = 0, left = 0, apart_rows = 1, apart_columns = 1;

  bool changes(std::size_t image_rows, std::size_t image_columns) const {
    return rows != image_rows || columns != image_columns || top != 0 || left != 0;
  }
};

/// Rows [first, first + count) of the padded image. `image` is [rows, columns, channels].
void pad_rows(const float* image, std::size_t image_rows, std::size_t image_columns, std::size_t channels,
              const Padding& padding, std::size_t first, std::size_t count, float* out);

/// Floats rounded up to whole cache lines.
constexpr std::size_t whole_lines(std::size_t floats) { return round_up(floats, 16); }

/// The workspace as aligned floats. Throws InternalError if it has not room for so many.
float* aligned_floats(std::span<std::byte> workspace, std::size_t floats, const char* who);
constexpr std::size_t workspace_bytes(std::size_t floats) { return floats * sizeof(float) + 64; }

/// How many parts of the batch a weight's gradient is summed in, each by itself: as many as 16, so that many threads
/// have work, and fewer where their sums would fill more memory than the images.
std::size_t weight_gradient_parts(const ConvolutionSize&);
/// out = sums[0] + sums[1] + ..., in this order; `sums` holds parts of `count` floats, each `apart` from the next.
void add_parts(Pool&, const float* sums, std::size_t parts, std::size_t apart, std::size_t count, float* out);

/// Adds up all segments of a run's depth, some at a time, so that a panel of B stays in the first-level cache.
void multiply_segments(const GemmKernels&, GemmRuns);

}  // namespace vitrine
