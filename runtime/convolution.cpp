// The convolution itself, and its derivative by the images, which is one too.
#include "runtime/convolution.hpp"

#include "runtime/convolution_plan.hpp"
#include "runtime/pack.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

std::ptrdiff_t signed_of(std::size_t n) { return static_cast<std::ptrdiff_t>(n); }

/// A kernel sliding over padded images: what both forms are.
struct Sliding {
  std::size_t batch, image_rows, image_columns, channels;  // of the images before padding
  Padding padding;
  std::size_t kernel_rows, kernel_columns, stride_rows, stride_columns;
  std::size_t result_rows, result_columns, result_channels, groups;

  std::size_t in() const { return channels / groups; }
  std::size_t out() const { return result_channels / groups; }
  std::size_t depth() const { return kernel_rows * kernel_columns * in(); }
  bool by_image() const { return batch >= 16; }
  bool pads() const { return padding.changes(image_rows, image_columns); }
  /// Rows of the result that a chunk makes: all, or fewer where there are few images to share out.
  std::size_t rows_of_chunk() const {
    if (by_image()) return result_rows;
    constexpr std::size_t least_work = 500'000;
    const std::size_t row_work = std::max<std::size_t>(1, result_columns * depth() * result_channels);
    return std::clamp<std::size_t>(divide_up(least_work, row_work), 1, std::max<std::size_t>(1, result_rows));
  }
  std::size_t chunks_of_image() const { return divide_up(result_rows, rows_of_chunk()); }
  std::size_t scratch_rows() const { return (rows_of_chunk() - 1) * stride_rows + kernel_rows; }
  std::size_t scratch_floats() const { return pads() ? whole_lines(scratch_rows() * padding.columns * channels) : 0; }
  std::size_t packed_floats(const GemmKernels& kernels) const {
    return groups * divide_up(out(), kernels.columns) * kernels.columns * depth();
  }
  std::size_t floats(const GemmKernels& kernels) const {
    return whole_lines(packed_floats(kernels)) + batch * chunks_of_image() * scratch_floats();
  }
};

Sliding forward_of(const ConvolutionSize& size) {
  const Windows& w = size.windows;
  const auto rows = static_cast<std::size_t>(w.padding_rows), columns = static_cast<std::size_t>(w.padding_columns);
  return {.batch = w.batch,
          .image_rows = w.rows,
          .image_columns = w.columns,
          .channels = w.channels,
          .padding = {.rows = w.rows + 2 * rows, .columns = w.columns + 2 * columns, .top = rows, .left = columns},
          .kernel_rows = w.kernel_rows,
          .kernel_columns = w.kernel_columns,
          .stride_rows = static_cast<std::size_t>(w.stride_rows),
          .stride_columns = static_cast<std::size_t>(w.stride_columns),
          .result_rows = w.result_rows,
          .result_columns = w.result_columns,
          .result_channels = size.result_channels,
          .groups = size.groups};
}

Sliding backward_of(const ConvolutionSize& size) {
  const Windows& w = size.windows;
  return {.batch = w.batch,
          .image_rows = w.result_rows,
          .image_columns = w.result_columns,
          .channels = size.result_channels,
          .padding = {.rows = w.rows + w.kernel_rows - 1,
                      .columns = w.columns + w.kernel_columns - 1,
                      .top = w.kernel_rows - 1 - static_cast<std::size_t>(w.padding_rows),
                      .left = w.kernel_columns - 1 - static_cast<std::size_t>(w.padding_columns),
                      .apart_rows = static_cast<std::size_t>(w.stride_rows),
                      .apart_columns = static_cast<std::size_t>(w.stride_columns)},
          .kernel_rows = w.kernel_rows,
          .kernel_columns = w.kernel_columns,
          .stride_rows = 1,
          .stride_columns = 1,
          .result_rows = w.rows,
          .result_columns = w.columns,
          .result_channels = w.channels,
          .groups = size.groups};
}

/// Writes the panel of `lanes` result channels from `first` of a group: depth x panel width, zeros beyond the last.
using PackPanel = FunctionRef<void(std::size_t group, std::size_t first, std::size_t lanes, float* out)>;

/// `place(image, first pixel, worker)` is where the results of a chunk go; done(image, first pixel, pixels, worker) is
/// told when they are there.
void slide(Pool& pool, const GemmKernels& kernels, const Sliding& s, const float* images, PackPanel pack,
           float* workspace, const auto& place, const auto& done) {
  float* const packed = workspace;
  float* const scratch = workspace + whole_lines(s.packed_floats(kernels));
  const std::size_t panels = divide_up(s.out(), kernels.columns), panel_floats = kernels.columns * s.depth();
  pool.run(s.groups * panels, [&](std::size_t chunk, std::size_t) {
    const std::size_t first = chunk % panels * kernels.columns;
    pack(chunk / panels, first, std::min(kernels.columns, s.out() - first), packed + chunk * panel_floats);
  });

  const std::size_t image_floats = s.image_rows * s.image_columns * s.channels;
  const std::size_t line = s.padding.columns * s.channels;
  pool.run(s.batch * s.chunks_of_image(), [&](std::size_t chunk, std::size_t worker) {
    const std::size_t image = chunk / s.chunks_of_image();
    const std::size_t first = chunk % s.chunks_of_image() * s.rows_of_chunk();
    const std::size_t rows = std::min(s.rows_of_chunk(), s.result_rows - first);
    const float* seen = images + image * image_floats + first * s.stride_rows * line;
    if (s.pads()) {
      float* const padded = scratch + chunk * s.scratch_floats();
      pad_rows(images + image * image_floats, s.image_rows, s.image_columns, s.channels, s.padding,
               first * s.stride_rows, (rows - 1) * s.stride_rows + s.kernel_rows, padded);
      seen = padded;
    }
    const std::size_t pixel = first * s.result_columns;
    GemmRuns block{.runs = rows,
                   .rows = s.result_columns,
                   .columns = s.out(),
                   .segments = s.kernel_rows,
                   .depth = s.kernel_columns * s.channels,
                   .a = seen,
                   .a_run = signed_of(s.stride_rows * line),
                   .a_row = signed_of(s.stride_columns * s.channels),
                   .a_segment = signed_of(line),
                   .a_step = 1,
                   .b = packed,
                   .b_panel = signed_of(panel_floats),
                   .b_step = signed_of(kernels.columns),
                   .c = place(image, pixel, worker),
                   .c_run = signed_of(s.result_columns * s.result_channels),
                   .c_row = signed_of(s.result_channels),
                   .accumulate = false};
    if (s.groups == 1) {
      multiply_segments(kernels, block);
    } else {  // the channels of a group are contiguous only within a pixel
      block.segments = s.kernel_columns, block.depth = s.in(), block.a_segment = signed_of(s.channels);
      const GemmRuns whole = block;
      for (std::size_t group = 0; group < s.groups; ++group)
        for (std::size_t row = 0; row < s.kernel_rows; ++row) {
          block.a = whole.a + row * line + group * s.in();
          block.b = packed + group * panels * panel_floats + row * s.kernel_columns * s.in() * kernels.columns;
          block.c = whole.c + group * s.out();
          block.accumulate = row > 0;
          multiply_segments(kernels, block);
        }
    }
    done(image, pixel, rows * s.result_columns, worker);
  });
}

/// Into one tensor, with an epilogue.
void slide_into(float* y, Pool& pool, const GemmKernels& kernels, const Sliding& s, const float* images, PackPanel pack,
                float* workspace, GemmEpilogue epilogue) {
  const std::size_t pixels = s.result_rows * s.result_columns;
  slide(
      pool, kernels, s, images, pack, workspace,
      [&](std::size_t image, std::size_t pixel, std::size_t) {
        return y + (image * pixels + pixel) * s.result_channels;
      },
      [&](std::size_t image, std::size_t pixel, std::size_t count, std::size_t) {
        if (epilogue) epilogue(image * pixels + pixel, count, 0, s.result_channels);
      });
}

/// The weight of a convolution as panels: channels side by side.
auto pack_weight(const GemmKernels& kernels, const Sliding& sliding, const float* w) {
  return [&kernels, &sliding, w](std::size_t group, std::size_t first, std::size_t lanes, float* out) {
    pack_panel({w + group * sliding.out() + first, 1, signed_of(sliding.result_channels), lanes, sliding.depth()},
               kernels.columns, out);
  };
}

}  // namespace

std::size_t convolution_workspace(Isa isa, const ConvolutionSize& size) {
  return workspace_bytes(forward_of(size).floats(gemm_kernels_of(isa)));
}

std::size_t convolution_input_gradient_workspace(Isa isa, const ConvolutionSize& size) {
  return workspace_bytes(backward_of(size).floats(gemm_kernels_of(isa)));
}

void convolution(Pool& pool, Isa isa, const ConvolutionSize& size, const float* x, const float* w, float* y,
                 std::span<std::byte> workspace, GemmEpilogue epilogue) {
  const GemmKernels kernels = gemm_kernels_of(isa);
  const Sliding sliding = forward_of(size);
  float* const floats = aligned_floats(workspace, sliding.floats(kernels), "convolution");
  slide_into(y, pool, kernels, sliding, x, pack_weight(kernels, sliding, w), floats, epilogue);
}

bool goes_by_image(const ConvolutionSize& size) { return forward_of(size).by_image(); }

void convolution_by_image(Pool& pool, Isa isa, const ConvolutionSize& size, const float* x, const float* w,
                          const ByImage& to, std::span<std::byte> workspace) {
  const GemmKernels kernels = gemm_kernels_of(isa);
  const Sliding sliding = forward_of(size);
  if (!sliding.by_image()) throw InternalError("a convolution of few images does not go by image");
  float* const floats = aligned_floats(workspace, sliding.floats(kernels), "convolution");
  slide(
      pool, kernels, sliding, x, pack_weight(kernels, sliding, w), floats,
      [&](std::size_t image, std::size_t, std::size_t worker) { return to.place(image, worker); },
      [&](std::size_t image, std::size_t, std::size_t, std::size_t worker) { to.done(image, 1, worker); });
}

void convolution_input_gradient(Pool& pool, Isa isa, const ConvolutionSize& size, const float* dy, const float* w,
                                float* dx, std::span<std::byte> workspace, GemmEpilogue epilogue) {
  const GemmKernels kernels = gemm_kernels_of(isa);
  const Sliding sliding = backward_of(size);
  float* const floats = aligned_floats(workspace, sliding.floats(kernels), "convolution_input_gradient");
  const std::size_t in = size.channels_in(), out_channels = size.channels_out(), all = size.result_channels;
  const std::size_t places = sliding.kernel_rows * sliding.kernel_columns;
  const auto pack = [&](std::size_t group, std::size_t first, std::size_t lanes, float* out) {
    for (std::size_t place = 0; place < places; ++place)  // the kernel turned around
      pack_panel({w + ((places - 1 - place) * in + first) * all + group * out_channels, signed_of(all), 1, lanes,
                  out_channels},
                 kernels.columns, out + place * out_channels * kernels.columns);
  };
  slide_into(dx, pool, kernels, sliding, dy, pack, floats, epilogue);
}

}  // namespace vitrine
