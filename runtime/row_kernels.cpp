#include "runtime/row_kernels.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include "runtime/row_table.hpp"
#include "vitrine/error.hpp"
#include "vitrine/math.hpp"
#include "vitrine/ops/cross_entropy_gradient.hpp"

namespace vitrine {
namespace {

/// Numbers in a chunk that is handed to a thread: about 10 us of exponentials.
constexpr std::size_t chunk_size = 32768;

const RowTable& row_table(Isa isa) {
  switch (isa) {
    case Isa::portable: return row_table_portable();
    case Isa::avx2: return row_table_avx2();
    case Isa::avx512: return row_table_avx512();
  }
  throw InternalError("a row kernel was asked for an instruction set that does not exist");
}

/// Runs body(first, last) over blocks of rows.
template <class Body> void for_blocks(Pool& pool, std::size_t rows, std::size_t N, Body body) {
  const std::size_t together = std::max<std::size_t>(1, chunk_size / std::max<std::size_t>(1, N));
  pool.run((rows + together - 1) / together,
           [&](std::size_t chunk, std::size_t) { body(chunk * together, std::min(rows, (chunk + 1) * together)); });
}

constexpr std::size_t line = 16;  // floats that a cache fetches at once

/// Asks for a row that is written soon: a store that finds its line elsewhere holds up those behind it.
void fetch_to_write(const float* row, std::size_t N) {
  for (std::size_t i = 0; i < N; i += line) __builtin_prefetch(row + i, 1);
}
/// Asks for a row that is read soon.
void fetch(const float* row, std::size_t N) {
  for (std::size_t i = 0; i < N; i += line) __builtin_prefetch(row + i);
}

/// The exponentials lie apart until their sum is known: there they stay in the first cache, as row after row of y does
/// not. `next` is the row after this one.
void softmax_row(const RowTable& table, std::size_t N, const float* x, const float* next, float* exponentials,
                 float* y) {
  const float largest = table.largest(x, N);
  fetch_to_write(y, N);
  const float sum = table.exp_and_sum(x, largest, exponentials, N, next);
  table.scale(exponentials, 1.0f / sum, y, N);
}

}  // namespace

void softmax(Pool& pool, Isa isa, std::size_t rows, std::size_t N, const float* x, float* y, RowsDone done) {
  const RowTable& table = row_table(isa);
  for_blocks(pool, rows, N, [&](std::size_t first, std::size_t last) {
    const auto exponentials = std::make_unique_for_overwrite<float[]>(N);
    for (std::size_t row = first; row < last; ++row)
      softmax_row(table, N, x + row * N, x + std::min(row + 1, rows - 1) * N, exponentials.get(), y + row * N);
    if (done) done(first, last - first);
  });
}

void log_softmax(Pool& pool, Isa isa, std::size_t rows, std::size_t N, const float* x, float* y, RowsDone done) {
  const RowTable& table = row_table(isa);
  for_blocks(pool, rows, N, [&](std::size_t first, std::size_t last) {
    const auto exponentials = std::make_unique_for_overwrite<float[]>(N);
    for (std::size_t row = first; row < last; ++row) {
      const float* const from = x + row * N;
      const float largest = table.largest(from, N);
      fetch_to_write(y + row * N, N);
      const float sum = table.exp_and_sum(from, largest, exponentials.get(), N, x + std::min(row + 1, rows - 1) * N);
      table.subtract(from, largest, math::log(sum), y + row * N, N);
    }
    if (done) done(first, last - first);
  });
}

void softmax_cross_entropy(Pool& pool, Isa isa, std::size_t rows, std::size_t N, const float* x,
                           const std::int32_t* labels, float* loss) {
  const RowTable& table = row_table(isa);
  for_blocks(pool, rows, N, [&](std::size_t first, std::size_t last) {
    const auto exponentials = std::make_unique_for_overwrite<float[]>(N);
    for (std::size_t row = first; row < last; ++row) {
      const float* const logits = x + row * N;
      const std::size_t label = label_within("cross_entropy", labels[row], row, N);
      const float largest = table.largest(logits, N);
      const float sum = table.exp_and_sum(logits, largest, exponentials.get(), N, x + std::min(row + 1, rows - 1) * N);
      loss[row] = math::log(sum) + (largest - logits[label]);
    }
  });
}

void softmax_cross_entropy_gradient(Pool& pool, Isa isa, std::size_t rows, std::size_t N, const float* x,
                                    const std::int32_t* labels, const float* g, float* gradient) {
  const RowTable& table = row_table(isa);
  for_blocks(pool, rows, N, [&](std::size_t first, std::size_t last) {
    const auto exponentials = std::make_unique_for_overwrite<float[]>(N);
    for (std::size_t row = first; row < last; ++row) {
      const std::size_t label = label_within("cross_entropy", labels[row], row, N);
      float* const to = gradient + row * N;
      softmax_row(table, N, x + row * N, x + std::min(row + 1, rows - 1) * N, exponentials.get(), to);
      to[label] -= 1.0f;
      table.scale(to, g[row], to, N);
    }
  });
}

void row_norm(Pool& pool, Isa isa, std::size_t rows, std::size_t N, bool centered, float eps, const float* x, float* y,
              float* rstd, RowsDone done) {
  const RowTable& table = row_table(isa);
  for_blocks(pool, rows, N, [&](std::size_t first, std::size_t last) {
    const auto scratch = y ? nullptr : std::make_unique_for_overwrite<float[]>(N);
    const auto count = static_cast<float>(N);
    for (std::size_t row = first; row < last; ++row) {
      float* const to = y ? y + row * N : scratch.get();
      const float mean = centered ? table.sum(x + row * N, N) / count : 0.0f;
      table.subtract(x + row * N, mean, 0.0f, to, N);
      const float scale = 1.0f / math::sqrt(table.sum_of_squares(to, N) / count + eps);
      fetch(x + std::min(row + 1, rows - 1) * N, N);
      if (y) table.scale(to, scale, to, N);
      if (rstd) rstd[row] = scale;
    }
    if (done) done(first, last - first);
  });
}

void dropout(Pool& pool, Isa isa, const DropoutMask& mask, float factor, std::size_t n, const float* x, float* y) {
  constexpr std::size_t together = 4096;  // a multiple of four: a chunk begins with a block
  const RowTable& table = row_table(isa);
  pool.run((n + together - 1) / together, [&](std::size_t chunk, std::size_t) {
    const std::size_t first = chunk * together;
    DropoutMask::Draw draw = mask.draw();
    draw.counter[0] = static_cast<std::uint32_t>(first / 4);
    table.dropout(x + first, factor, draw.counter.data(), draw.key.data(), draw.least, y + first,
                  std::min(together, n - first));
  });
}

}  // namespace vitrine
