#include "runtime/convolution_plan.hpp"

#include <cstdint>
#include <string>

#include "vitrine/error.hpp"

namespace vitrine {

void pad_rows(const float* image, std::size_t image_rows, std::size_t image_columns, std::size_t channels,
              const Padding& padding, std::size_t first, std::size_t count, float* out) {
  const std::size_t line = padding.columns * channels;
  for (std::size_t row = first; row < first + count; ++row, out += line) {
    const bool inside = row >= padding.top && (row - padding.top) % padding.apart_rows == 0 &&
                        (row - padding.top) / padding.apart_rows < image_rows;
    if (!inside) {
      std::memset(out, 0, line * sizeof(float));
      continue;
    }
    const float* from = image + (row - padding.top) / padding.apart_rows * image_columns * channels;
    if (padding.apart_columns == 1) {
      const std::size_t before = padding.left * channels, pixels = image_columns * channels;
      std::memset(out, 0, before * sizeof(float));
      std::memcpy(out + before, from, pixels * sizeof(float));
      std::memset(out + before + pixels, 0, (line - before - pixels) * sizeof(float));
      continue;
    }
    std::memset(out, 0, line * sizeof(float));
    for (std::size_t column = 0; column < image_columns; ++column)
      std::memcpy(out + (padding.left + column * padding.apart_columns) * channels, from + column * channels,
                  channels * sizeof(float));
  }
}

float* aligned_floats(std::span<std::byte> workspace, std::size_t floats, const char* who) {
  if (workspace.size() < workspace_bytes(floats))
    throw InternalError(std::string(who) + " needs a workspace of " + std::to_string(workspace_bytes(floats)) +
                        " bytes and was given " + std::to_string(workspace.size()) + ": ask for its size first");
  const auto address = reinterpret_cast<std::uintptr_t>(workspace.data());
  return reinterpret_cast<float*>(workspace.data() + (64 - address % 64) % 64);
}

std::size_t weight_gradient_parts(const ConvolutionSize& size) {
  const Windows& w = size.windows;
  const std::size_t images = w.batch * w.rows * w.columns * w.channels;
  const std::size_t fit = std::max<std::size_t>(2, (images + (1u << 20)) / std::max<std::size_t>(1, size.weights()));
  return std::clamp<std::size_t>(std::min<std::size_t>(fit, 16), 1, std::max<std::size_t>(1, w.batch));
}

void add_parts(Pool& pool, const float* sums, std::size_t parts, std::size_t apart, std::size_t count, float* out) {
  constexpr std::size_t slice = 4096;
  pool.run(divide_up(count, slice), [&](std::size_t chunk, std::size_t) {
    const std::size_t begin = chunk * slice, end = std::min(count, begin + slice);
    std::copy(sums + begin, sums + end, out + begin);
    for (std::size_t part = 1; part < parts; ++part) {
      const float* from = sums + part * apart;
      for (std::size_t i = begin; i < end; ++i) out[i] += from[i];
    }
  });
}

void multiply_segments(const GemmKernels& kernels, GemmRuns block) {
  if (block.depth == 0) {  // images without channels: a sum of nothing
    for (std::size_t run = 0; run < block.runs && !block.accumulate; ++run)
      for (std::size_t row = 0; row < block.rows; ++row)
        std::fill_n(
            block.c + static_cast<std::ptrdiff_t>(run) * block.c_run + static_cast<std::ptrdiff_t>(row) * block.c_row,
            block.columns, 0.0f);
    return;
  }
  const std::size_t all = block.segments, together = std::max<std::size_t>(1, longest_depth / block.depth);
  for (std::size_t segment = 0; segment < all; segment += together) {
    block.segments = std::min(together, all - segment);
    kernels.multiply_runs(block);
    block.a += static_cast<std::ptrdiff_t>(block.segments) * block.a_segment;
    block.b += static_cast<std::ptrdiff_t>(block.segments * block.depth) * block.b_step;
    block.accumulate = true;
  }
}

}  // namespace vitrine
