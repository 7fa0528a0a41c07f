#include "runtime/onednn_product.hpp"

#include "runtime/convolution_plan.hpp"
#include "runtime/pack.hpp"

namespace vitrine {

namespace {

/// Whether a matrix of so many columns has its rows, and those close together.
bool is_row_major(const Matrix& m, std::size_t rows, std::size_t columns) {
  return (columns == 1 || m.column_stride == 1) && (rows == 1 || m.row_stride == static_cast<std::ptrdiff_t>(columns));
}

std::size_t rows_of_chunk(GemmSize size) {
  // oneDNN copies B anew for every chunk, so few rows cost more than they share out.
  constexpr std::size_t least_rows = 64, most_chunks = 16;
  constexpr double least_work = 1.0e6;
  const double row_work = static_cast<double>(size.N) * static_cast<double>(size.K);
  const auto worth = static_cast<std::size_t>(std::min(least_work / row_work + 1, static_cast<double>(size.M)));
  const std::size_t rows = std::max({least_rows, worth, divide_up(size.M, most_chunks)});
  return std::min(size.M, round_up(divide_up(size.M, divide_up(size.M, rows)), 16));
}

}  // namespace

std::optional<OnednnProduct> OnednnProduct::make(GemmSize size, const Matrix& a, const Matrix& b, std::size_t workers) {
  if (size.M == 0 || size.N == 0 || size.K == 0) return {};
  const bool b_turned = !is_row_major(b, size.K, size.N);
  if (b_turned && !is_row_major({b.data, b.column_stride, b.row_stride}, size.N, size.K)) return {};
  OnednnProduct made(size);
  made.copies_ = !is_row_major(a, size.M, size.K);
  made.rows_ = rows_of_chunk(size);
  made.chunks_ = divide_up(size.M, made.rows_);
  made.whole_ = OnednnPrimitive::product({made.rows_, size.N, size.K}, b_turned, workers);
  if (!made.whole_) return {};
  const std::size_t left = size.M - (made.chunks_ - 1) * made.rows_;
  if (left == made.rows_) return made;
  made.last_ = OnednnPrimitive::product({left, size.N, size.K}, b_turned, workers);
  if (!made.last_) return {};
  return made;
}

std::size_t OnednnProduct::copied() const { return copies_ ? whole_lines(rows_ * size_.K) : 0; }

std::size_t OnednnProduct::scratch() const {
  return whole_lines(std::max(whole_->scratch(), last_ ? last_->scratch() : 0));
}

std::size_t OnednnProduct::workspace() const { return workspace_bytes(floats()); }

void OnednnProduct::run(Pool& pool, const Matrix& a, const Matrix& b, float* c, std::span<std::byte> workspace,
                        GemmEpilogue epilogue) const {
  float* const begin = aligned_floats(workspace, floats(), "a product by oneDNN");
  pool.run(chunks_, [&](std::size_t chunk, std::size_t worker) {
    float* const copy = begin + chunk * (copied() + scratch());
    const std::size_t row = chunk * rows_, rows = std::min(rows_, size_.M - row);
    const float* from = a.data + static_cast<std::ptrdiff_t>(row) * a.row_stride;
    if (copies_) {
      pack_panel({from, a.column_stride, a.row_stride, size_.K, rows}, size_.K, copy);
      from = copy;
    }
    (rows == rows_ ? *whole_ : *last_).run(worker, from, b.data, c + row * size_.N, copy + copied());
    if (epilogue) epilogue(row, rows, 0, size_.N);
  });
}

}  // namespace vitrine
