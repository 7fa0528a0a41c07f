#include "runtime/pooling.hpp"

#include <algorithm>
#include <vector>

#include "runtime/pooling_table.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

const PoolingTable& pooling_table(Isa isa) {
  switch (isa) {
    case Isa::portable: return pooling_table_portable();
    case Isa::avx2: return pooling_table_avx2();
    case Isa::avx512: return pooling_table_avx512();
  }
  throw InternalError("pooling was asked for an instruction set that does not exist");
}

/// The windows of a row that lie within the image's columns: from the first to before the last.
std::pair<std::size_t, std::size_t> inner_windows(const Windows& over) {
  const auto columns = static_cast<std::ptrdiff_t>(over.columns),
             kernel = static_cast<std::ptrdiff_t>(over.kernel_columns);
  const std::ptrdiff_t stride = over.stride_columns, padding = over.padding_columns;
  const std::ptrdiff_t first = (padding + stride - 1) / stride;
  const std::ptrdiff_t behind = columns + padding < kernel ? 0 : (columns + padding - kernel) / stride + 1;
  const auto last = std::min(static_cast<std::ptrdiff_t>(over.result_columns), behind);
  return {static_cast<std::size_t>(first), static_cast<std::size_t>(std::max(first, last))};
}

/// Calls visit(first window, its taps, pixels) for the windows of one row, Pixel being float or const float: at once
/// for those that see the same places, none of them left or right of the image, and one by one for the others.
template <class Pixel> void each_window(const Windows& over, Pixel* image, std::size_t i, const auto& visit) {
  const std::size_t most = over.kernel_rows * over.kernel_columns;
  std::vector<Pixel*> taps(most);
  std::vector<std::uint8_t> places(most);  // of a window with more than 256 nobody asks for them
  const auto [first, last] = inner_windows(over);
  for (std::size_t j = 0; j < over.result_columns;) {
    const std::size_t together = j == first && last > first ? last - first : 1;
    Taps window{0, over.channels, places.data(), together,
                over.stride_columns * static_cast<std::ptrdiff_t>(over.channels)};
    over.each_place(i, j, [&](std::size_t row, std::size_t column, std::size_t place) {
      taps[window.count] = image + over.pixel(0, row, column) * over.channels;
      places[window.count++] = static_cast<std::uint8_t>(place);
    });
    visit(j, window, taps.data());
    j += together;
  }
}

/// Rows of windows that one chunk makes: some thousand numbers.
std::size_t rows_of_chunk(const Windows& over) {
  const std::size_t row =
      std::max<std::size_t>(1, over.result_columns * over.channels * over.kernel_rows * over.kernel_columns);
  return std::clamp<std::size_t>(32768 / row, 1, std::max<std::size_t>(1, over.result_rows));
}

/// Chunks of window rows: body(image, first row, behind the last).
void for_window_rows(Pool& pool, const Windows& over, const auto& body) {
  const std::size_t together = rows_of_chunk(over), chunks = (over.result_rows + together - 1) / together;
  pool.run(over.batch * chunks, [&](std::size_t chunk, std::size_t) {
    const std::size_t first = chunk % chunks * together;
    body(chunk / chunks, first, std::min(over.result_rows, first + together));
  });
}

void finish(const Windows& over, GemmEpilogue epilogue, std::size_t image, std::size_t first, std::size_t last) {
  if (epilogue) epilogue(over.window(image, first, 0), (last - first) * over.result_columns, 0, over.channels);
}

/// Calls give(window, its pixels, its number, whether to add) for every window, which gives something to its pixels.
/// Windows that neither overlap nor leave gaps write each pixel once; others add to zeros.
void give_back(Pool& pool, const Windows& over, float* dx, GemmEpilogue epilogue, const auto& give) {
  const bool apart = over.stride_rows >= static_cast<std::ptrdiff_t>(over.kernel_rows) &&
                     over.stride_columns >= static_cast<std::ptrdiff_t>(over.kernel_columns);
  const bool tiles = apart && over.padding_rows == 0 && over.padding_columns == 0 &&
                     over.result_rows * over.kernel_rows == over.rows &&
                     over.result_columns * over.kernel_columns == over.columns;
  const std::size_t image_floats = over.rows * over.columns * over.channels;
  if (!tiles) {
    pool.run(over.batch, [&](std::size_t image, std::size_t) {
      float* const pixels = dx + image * image_floats;
      std::fill_n(pixels, image_floats, 0.0f);
      for (std::size_t i = 0; i < over.result_rows; ++i)
        each_window(over, pixels, i, [&](std::size_t j, const Taps& window, float* const* taps) {
          give(window, taps, over.window(image, i, j), true);
        });
      if (epilogue) epilogue(over.pixel(image, 0, 0), over.rows * over.columns, 0, over.channels);
    });
    return;
  }
  for_window_rows(pool, over, [&](std::size_t image, std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i)
      each_window(over, dx + image * image_floats, i, [&](std::size_t j, const Taps& window, float* const* taps) {
        give(window, taps, over.window(image, i, j), false);
      });
    if (epilogue)
      epilogue(over.pixel(image, first * over.kernel_rows, 0), (last - first) * over.kernel_rows * over.columns, 0,
               over.channels);
  });
}

}  // namespace

void max_pool(Pool& pool, Isa isa, const Windows& over, const float* x, float* y, std::uint8_t* places,
              GemmEpilogue epilogue) {
  const PoolingTable& table = pooling_table(isa);
  const std::size_t image_floats = over.rows * over.columns * over.channels;
  for_window_rows(pool, over, [&](std::size_t image, std::size_t first, std::size_t last) {
    std::vector<float> unwanted(y ? 0 : over.channels * over.result_columns);
    for (std::size_t i = first; i < last; ++i)
      each_window(over, x + image * image_floats, i, [&](std::size_t j, const Taps& window, const float* const* taps) {
        const std::size_t at = over.window(image, i, j) * over.channels;
        table.largest(window, taps, y ? y + at : unwanted.data(), places ? places + at : nullptr);
      });
    finish(over, epilogue, image, first, last);
  });
}

void max_pool_scatter(Pool& pool, Isa isa, const Windows& over, const float* dy, const std::uint8_t* places, float* dx,
                      GemmEpilogue epilogue) {
  const PoolingTable& table = pooling_table(isa);
  give_back(pool, over, dx, epilogue, [&](const Taps& window, float* const* taps, std::size_t number, bool add) {
    table.scatter(window, taps, dy + number * over.channels, places + number * over.channels, add);
  });
}

void avg_pool(Pool& pool, Isa isa, const Windows& over, const float* x, float* y, GemmEpilogue epilogue) {
  const PoolingTable& table = pooling_table(isa);
  const float share = 1.0f / static_cast<float>(over.kernel_rows * over.kernel_columns);
  const std::size_t image_floats = over.rows * over.columns * over.channels;
  for_window_rows(pool, over, [&](std::size_t image, std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i)
      each_window(over, x + image * image_floats, i, [&](std::size_t j, const Taps& window, const float* const* taps) {
        table.mean(window, taps, share, y + over.window(image, i, j) * over.channels);
      });
    finish(over, epilogue, image, first, last);
  });
}

void avg_pool_gradient(Pool& pool, Isa isa, const Windows& over, const float* dy, float* dx, GemmEpilogue epilogue) {
  const PoolingTable& table = pooling_table(isa);
  const float share = 1.0f / static_cast<float>(over.kernel_rows * over.kernel_columns);
  give_back(pool, over, dx, epilogue, [&](const Taps& window, float* const* taps, std::size_t number, bool add) {
    table.spread(window, taps, dy + number * over.channels, share, add);
  });
}

}  // namespace vitrine
