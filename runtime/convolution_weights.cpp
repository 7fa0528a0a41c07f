// The convolution's derivative by its weight: for each kernel row a matrix product over all pixels, of the pixels that
// the window's columns saw with the gradients of the windows.
#include "runtime/convolution_plan.hpp"
#include "runtime/pack.hpp"

namespace vitrine {

namespace {

std::ptrdiff_t signed_of(std::size_t n) { return static_cast<std::ptrdiff_t>(n); }

struct Parts {
  const ConvolutionSize& size;
  const GemmKernels kernels;
  Padding padding;

  Parts(Isa isa, const ConvolutionSize& s) : size(s), kernels(gemm_kernels_of(isa)), padding{} {
    const Windows& w = s.windows;
    padding.top = static_cast<std::size_t>(w.padding_rows), padding.left = static_cast<std::size_t>(w.padding_columns);
    padding.rows = w.rows + 2 * padding.top, padding.columns = w.columns + 2 * padding.left;
  }
  const Windows& windows() const { return size.windows; }
  std::size_t pixels() const { return windows().result_rows * windows().result_columns; }
  std::size_t count() const { return weight_gradient_parts(size); }
  std::size_t images_of_part() const { return divide_up(windows().batch, count()); }
  bool pads() const { return padding.changes(windows().rows, windows().columns); }
  std::size_t image_floats() const {
    return pads() ? whole_lines(padding.rows * padding.columns * windows().channels) : 0;
  }
  std::size_t panels() const { return divide_up(size.channels_out(), kernels.columns); }
  std::size_t panel_floats() const { return kernels.columns * pixels(); }
  std::size_t gradient_floats() const { return whole_lines(size.groups * panels() * panel_floats()); }
  std::size_t sum_floats() const { return whole_lines(size.weights()); }
  std::size_t floats() const { return count() * (image_floats() + gradient_floats() + sum_floats()); }
};

void add_image(const Parts& parts, const float* seen, const float* packed, float* sums, bool accumulate) {
  const Windows& w = parts.windows();
  const std::size_t line = parts.padding.columns * w.channels, all = parts.size.result_channels;
  const std::size_t in = parts.size.channels_in(), out = parts.size.channels_out();
  GemmRuns block{.runs = w.kernel_rows,
                 .rows = w.kernel_columns * w.channels,
                 .columns = out,
                 .segments = w.result_rows,
                 .depth = w.result_columns,
                 .a = seen,
                 .a_run = signed_of(line),
                 .a_row = 1,
                 .a_segment = w.stride_rows * signed_of(line),
                 .a_step = w.stride_columns * signed_of(w.channels),
                 .b = packed,
                 .b_panel = signed_of(parts.panel_floats()),
                 .b_step = signed_of(parts.kernels.columns),
                 .c = sums,
                 .c_run = signed_of(w.kernel_columns * in * all),
                 .c_row = signed_of(all),
                 .accumulate = accumulate};
  if (parts.size.groups == 1) return multiply_segments(parts.kernels, block);
  block.rows = in;
  for (std::size_t group = 0; group < parts.size.groups; ++group)
    for (std::size_t column = 0; column < w.kernel_columns; ++column) {
      block.a = seen + column * w.channels + group * in;
      block.b = packed + group * parts.panels() * parts.panel_floats();
      block.c = sums + column * in * all + group * out;
      multiply_segments(parts.kernels, block);
    }
}

void pack_gradients(const Parts& parts, const float* dy, float* packed) {
  const std::size_t all = parts.size.result_channels, out = parts.size.channels_out();
  for (std::size_t group = 0; group < parts.size.groups; ++group)
    for (std::size_t panel = 0; panel < parts.panels(); ++panel, packed += parts.panel_floats()) {
      const std::size_t first = panel * parts.kernels.columns;
      pack_panel(
          {dy + group * out + first, 1, signed_of(all), std::min(parts.kernels.columns, out - first), parts.pixels()},
          parts.kernels.columns, packed);
    }
}

}  // namespace

std::size_t convolution_weight_gradient_workspace(Isa isa, const ConvolutionSize& size) {
  return workspace_bytes(Parts(isa, size).floats());
}

void convolution_weight_gradient(Pool& pool, Isa isa, const ConvolutionSize& size, const float* x, const float* dy,
                                 float* dw, std::span<std::byte> workspace) {
  const Parts parts(isa, size);
  const Windows& w = size.windows;
  float* const floats = aligned_floats(workspace, parts.floats(), "convolution_weight_gradient");
  float* const images = floats + parts.count() * parts.sum_floats();
  float* const gradients = images + parts.count() * parts.image_floats();
  const std::size_t image_floats = w.rows * w.columns * w.channels;

  pool.run(parts.count(), [&](std::size_t part, std::size_t) {
    float* const sums = floats + part * parts.sum_floats();
    float* const padded = images + part * parts.image_floats();
    float* const packed = gradients + part * parts.gradient_floats();
    const std::size_t begin = part * parts.images_of_part(), end = std::min(w.batch, begin + parts.images_of_part());
    if (begin >= end) std::fill_n(sums, size.weights(), 0.0f);
    for (std::size_t image = begin; image < end; ++image) {
      const float* seen = x + image * image_floats;
      if (parts.pads()) {
        pad_rows(seen, w.rows, w.columns, w.channels, parts.padding, 0, parts.padding.rows, padded);
        seen = padded;
      }
      pack_gradients(parts, dy + image * parts.pixels() * size.result_channels, packed);
      add_image(parts, seen, packed, sums, image > begin);
    }
  });

  add_parts(pool, floats, parts.count(), parts.sum_floats(), size.weights(), dw);
}

}  // namespace vitrine
