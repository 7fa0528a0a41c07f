#include "runtime/pooled_gradients.hpp"

#include "runtime/convolution_plan.hpp"
#include "runtime/pack.hpp"
#include "runtime/pooled_gradients_table.hpp"
#include "runtime/reductions.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

PooledGradientsTable table_of(Isa isa) {
  switch (isa) {
    case Isa::portable: return pooled_gradients_table_portable();
    case Isa::avx2: return pooled_gradients_table_avx2();
    case Isa::avx512: return pooled_gradients_table_avx512();
  }
  throw InternalError("gradients through a max pool were asked for an instruction set that does not exist");
}

constexpr std::size_t widest_vector = 16;

Padding padding_of(const Windows& w) {
  const auto top = static_cast<std::size_t>(w.padding_rows), left = static_cast<std::size_t>(w.padding_columns);
  return {.rows = w.rows + 2 * top, .columns = w.columns + 2 * left, .top = top, .left = left};
}

std::size_t row_floats_of(const Windows& w, Isa isa) {
  return round_up(w.kernel_columns * w.channels, table_of(isa).width);
}

/// Sums of one channel after the other, each with its kernel's rows in whole vectors.
std::size_t sum_floats(const PooledConvolution& of, Isa isa) {
  return whole_lines(of.channels_out() * of.convolution.kernel_rows * row_floats_of(of.convolution, isa));
}

std::size_t parts_of(const PooledConvolution& of) {
  return weight_gradient_parts({of.convolution, of.channels_out(), 1});
}

}  // namespace

PaddedImages::PaddedImages(const PooledConvolution& of, Isa isa, std::size_t threads)
    : rows_(padding_of(of.convolution).rows),
      line_(padding_of(of.convolution).columns * of.channels_in()),
      row_floats_(row_floats_of(of.convolution, isa)) {
  const Windows& pool = of.pool;
  const auto at = [&](std::size_t row, std::size_t column) {
    return static_cast<std::uint32_t>(row * line_ + column * of.channels_in());
  };
  for (std::size_t i = 0; i < pool.result_rows; ++i)
    for (std::size_t j = 0; j < pool.result_columns; ++j)
      window_at_.push_back(at(i * pool.kernel_rows, j * pool.kernel_columns));
  for (std::size_t a = 0; a < pool.kernel_rows; ++a)
    for (std::size_t b = 0; b < pool.kernel_columns; ++b) place_at_.push_back(at(a, b));
  for (std::size_t i = 0; i < threads; ++i) {
    rooms_.emplace_back((floats() + widest_vector) * sizeof(float));  // a row's last vector may reach behind the image
    std::fill_n(of_thread(i), floats() + widest_vector, 0.0f);
  }
}

PooledInputGradient::PooledInputGradient(const PooledConvolution& of, Isa isa, std::size_t threads)
    : of_(of),
      isa_(isa),
      images_(of, isa, threads),
      weights_(of.convolution.kernel_rows * of.channels_out() * images_.row_floats() * sizeof(float)) {
  const std::size_t entries = of.windows_of_image() * of.channels_out() + widest_vector;
  const std::size_t begins = of.windows_of_image() * images_.places().size() + 1;
  for (std::size_t i = 0; i < threads; ++i)
    sorted_.push_back(
        {std::vector<std::uint32_t>(begins), std::vector<std::uint32_t>(entries), std::vector<float>(entries)});
}

void PooledInputGradient::run(Pool& pool, const float* dy, const std::uint8_t* place, const float* w, float* dx,
                              GemmEpilogue epilogue) {
  const PooledGradientsTable table = table_of(isa_);
  const Windows& over = of_.convolution;
  const std::size_t channels = of_.channels_out(), row = over.kernel_columns * over.channels;
  const std::size_t pixels = over.rows * over.columns, given = of_.windows_of_image() * channels;
  const std::size_t weight_row = channels * images_.row_floats();
  float* const weights = reinterpret_cast<float*>(weights_.data());
  pool.run(over.kernel_rows, [&](std::size_t a, std::size_t) {  // from channel to channel out for each number of a row
    pack_panel({w + a * row * channels, static_cast<std::ptrdiff_t>(channels), 1, row, channels}, images_.row_floats(),
               weights + a * weight_row);
  });
  const auto top = static_cast<std::size_t>(over.padding_rows), left = static_cast<std::size_t>(over.padding_columns);
  pool.run(over.batch, [&](std::size_t image, std::size_t worker) {
    float* const padded = images_.of_thread(worker);
    std::fill_n(padded, images_.floats(), 0.0f);
    Sorted& sorted = sorted_[worker];
    const WindowsOfImage windows{of_.windows_of_image(), images_.places().size(), channels, images_.windows().data(),
                                 images_.places().data()};
    const Entries entries{sorted.begin.data(), sorted.channel.data(), sorted.gradient.data()};
    table.sort(windows, dy + image * given, place + image * given, entries);
    // Row by row of the kernel: one row's weights for all channels stay in the first-level cache.
    for (std::size_t a = 0; a < over.kernel_rows; ++a)
      table.shares({windows, entries, weights + a * weight_row, row, padded + a * images_.line()});
    const std::size_t line = over.columns * over.channels;
    for (std::size_t r = 0; r < over.rows; ++r)
      std::copy_n(padded + (r + top) * images_.line() + left * over.channels, line,
                  dx + image * pixels * over.channels + r * line);
    if (epilogue) epilogue(image * pixels, pixels, 0, over.channels);
  });
}

PooledWeightGradient::PooledWeightGradient(const PooledConvolution& of, Isa isa, std::size_t threads)
    : of_(of), isa_(isa), images_(of, isa, threads) {}

std::size_t PooledWeightGradient::workspace(const PooledConvolution& of, Isa isa) {
  return workspace_bytes((parts_of(of) + 1) * sum_floats(of, isa));
}

/// So many rows of windows at a time as stay in the first-level cache, with the lines that their gradients lie in:
/// every channel goes over them once more.
void PooledWeightGradient::add_image(const float* dy, const std::uint8_t* place, const float* padded,
                                     float* sums) const {
  constexpr std::size_t cached_bytes = 48 << 10, line_bytes = 64;
  const PooledGradientsTable table = table_of(isa_);
  const Windows& pool = of_.pool;
  const std::size_t row_bytes =
      pool.kernel_rows * images_.line() * sizeof(float) + pool.result_columns * 2 * line_bytes;
  const std::size_t together = std::max<std::size_t>(1, cached_bytes / row_bytes);
  for (std::size_t i = 0; i < pool.result_rows; i += together) {
    const std::size_t first = i * pool.result_columns,
                      last = std::min(pool.result_rows, i + together) * pool.result_columns;
    const WindowsOfImage windows{last - first, images_.places().size(), pool.channels, images_.windows().data() + first,
                                 images_.places().data()};
    table.sums({windows, padded, static_cast<std::ptrdiff_t>(images_.line()), dy + first * pool.channels,
                place + first * pool.channels, of_.convolution.kernel_rows,
                of_.convolution.kernel_columns * of_.channels_in(), sums});
  }
}

void PooledWeightGradient::run(Pool& pool, const float* x, const float* dy, const std::uint8_t* place, float* dw,
                               std::span<std::byte> workspace) {
  const Windows& over = of_.convolution;
  const std::size_t parts = parts_of(of_), apart = sum_floats(of_, isa_), each = divide_up(over.batch, parts);
  const std::size_t image_floats = over.rows * over.columns * over.channels;
  const std::size_t given = of_.windows_of_image() * of_.channels_out();
  float* const sums = aligned_floats(workspace, (parts + 1) * apart, "pooled_conv2d_weight_gradient");
  pool.run(parts, [&](std::size_t part, std::size_t worker) {
    std::fill_n(sums + part * apart, apart, 0.0f);
    float* const padded = images_.of_thread(worker);
    for (std::size_t image = part * each; image < std::min(over.batch, (part + 1) * each); ++image) {
      pad_rows(x + image * image_floats, over.rows, over.columns, over.channels, padding_of(over), 0, images_.rows(),
               padded);
      add_image(dy + image * given, place + image * given, padded, sums + part * apart);
    }
  });
  float* const all = sums + parts * apart;
  reduce_rows(pool, isa_, Reduction::sum, 1, parts, apart, sums, {}, all);
  const std::size_t channels = of_.channels_out(), row = over.kernel_columns * over.channels;
  pool.run(over.kernel_rows, [&](std::size_t a, std::size_t) {  // channel for channel becomes number for number
    pack_panel({all + a * images_.row_floats(), static_cast<std::ptrdiff_t>(over.kernel_rows * images_.row_floats()), 1,
                channels, row},
               channels, dw + a * row * channels);
  });
}

void pooled_sum(Pool& pool, Isa isa, const Windows& over, const float* dy, const std::uint8_t* place, float* y) {
  const std::size_t windows = over.batch * over.result_rows * over.result_columns, all = windows * over.channels;
  const std::size_t places = over.kernel_rows * over.kernel_columns;
  std::vector<float> kept{};
  if (table_of(isa).largest(place, all) >= places) {  // never among places that a pool has found
    kept.assign(dy, dy + all);
    for (std::size_t i = 0; i < all; ++i)
      if (place[i] >= places) kept[i] = 0;
    dy = kept.data();
  }
  reduce_rows(pool, isa, Reduction::sum, 1, windows, over.channels, dy, {}, y);
}

}  // namespace vitrine
