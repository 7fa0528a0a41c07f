#include "runtime/walk_views.hpp"

#include <algorithm>

namespace vitrine {

namespace {

/// The most operands that a form of a kernel can tell apart.
constexpr std::size_t most_splat = 64;

/// Rows shorter than this are better copied together: a row costs some 10 ns of its own.
constexpr std::size_t least_row = 8;

/// So many addresses need no memory of their own.
constexpr std::size_t few_views = 64;

}  // namespace

KernelFunction RowWalk::find(const ScalarCode& code, const Iteration& iteration, std::size_t operands, bool streaming) {
  if (!code.compiled()) return nullptr;
  const bool one_row = iteration.inner() == iteration.count();
  if (!one_row && iteration.inner() < least_row) return nullptr;
  KernelForm form{.streaming = streaming};
  for (std::size_t i = 0; i < iteration.views(); ++i) {
    const std::ptrdiff_t stride = iteration.inner_stride(i);
    if (stride == 1 || iteration.inner() == 1) continue;
    if (stride != 0 || i >= operands || i >= most_splat) return nullptr;
    form.splat |= std::uint64_t{1} << i;
  }
  return code.compiled()->function(form);
}

RowWalk::RowWalk(KernelFunction function, const Iteration& iteration, std::size_t operands, std::size_t results)
    : function_(function), iteration_(&iteration), operands_(operands), strides_(operands + results) {
  for (std::size_t i = 0; i < strides_.size(); ++i)
    strides_[i] = iteration.row_stride(i) * static_cast<std::ptrdiff_t>(sizeof(float));
}

void RowWalk::run(std::size_t first, std::size_t last) const {
  float* few[few_views];
  const auto many = strides_.size() > few_views ? std::make_unique_for_overwrite<float*[]>(strides_.size()) : nullptr;
  float** const at_views = many ? many.get() : few;
  const std::size_t row = iteration_->inner();
  for (std::size_t at = first; at < last;) {
    // Whole rows as far as one stride leads from each to the next; a part of one where a chunk begins or ends in it.
    const std::size_t left_in_row = row - at % row;
    const bool whole = left_in_row == row && last - at >= row;
    const std::size_t n = whole ? row : std::min(left_in_row, last - at);
    const std::size_t rows = whole ? std::min((last - at) / row, iteration_->rows_from(at / row)) : 1;
    for (std::size_t i = 0; i < strides_.size(); ++i) at_views[i] = iteration_->address(i, at);
    const KernelRows block{const_cast<const float**>(at_views),
                           at_views + operands_,
                           strides_.data(),
                           strides_.data() + operands_,
                           n,
                           rows};
    function_(&block);
    at += n * rows;
  }
}

TileWalk::TileWalk(const ScalarCode& code, const Iteration& iteration, std::size_t operands, std::size_t results)
    : code_(code),
      iteration_(iteration),
      by_row_(iteration.inner() >= long_row),
      // Short rows: whole rows to a tile, so that what repeats in every row is the same in every tile.
      tile_(by_row_ ? tile_size : tile_size / iteration.inner() * iteration.inner()),
      operands_(operands),
      results_(results),
      read_(operands),
      pointers_(operands),
      written_(results),
      no_strides_(operands + results) {
  KernelForm form{};
  for (std::size_t i = 0; i < std::min(operands, most_splat); ++i)
    if (!in_place(i) && stride(i) == 0) form.splat |= std::uint64_t{1} << i;
  if (code.compiled()) function_ = code.compiled()->function(form);
  // Behind the interpreter's tiles one for every view that needs it; all get one, which only costs addresses.
  scratch_ = std::make_unique_for_overwrite<float[]>(code.tiles().scratch() + (operands + results) * tile_size);
}

void TileWalk::run(std::size_t first, std::size_t last) {
  const std::size_t row = iteration_.inner();
  for (std::size_t at = first; at < last;) {
    std::size_t n = std::min(tile_, last - at);
    if (by_row_) n = std::min(n, row - at % row);
    for (std::size_t i = 0; i < operands_; ++i) read_[i] = operand(i, at, n, at == first);
    for (std::size_t i = 0; i < results_; ++i)
      written_[i] = in_place(operands_ + i) ? iteration_.address(operands_ + i, at) : tile_of(operands_ + i);
    compute(n);
    for (std::size_t i = 0; i < results_; ++i)
      if (!in_place(operands_ + i)) iteration_.scatter(operands_ + i, at, n, tile_of(operands_ + i));
    at += n;
  }
}

std::ptrdiff_t TileWalk::stride(std::size_t view) const {
  return by_row_ ? iteration_.inner_stride(view) : iteration_.flat_stride(view);
}

bool TileWalk::in_place(std::size_t view) const { return stride(view) == 1 || iteration_.count() == 1; }

float* TileWalk::tile_of(std::size_t view) const { return scratch_.get() + code_.tiles().scratch() + view * tile_size; }

TileOperand TileWalk::operand(std::size_t i, std::size_t at, std::size_t n, bool first_tile) const {
  if (in_place(i)) return {iteration_.address(i, at), 1};
  if (stride(i) == 0) return {iteration_.address(i, at), 0};
  if (by_row_ || !iteration_.same_in_every_row(i)) {
    iteration_.gather(i, at, n, tile_of(i));
  } else if (first_tile) {
    iteration_.gather(i, at, tile_, tile_of(i));
  }
  return {tile_of(i), 1};
}

void TileWalk::compute(std::size_t n) {
  if (!function_)
    return run_tile(code_.table(), code_.tiles(), read_, written_, n, {scratch_.get(), code_.tiles().scratch()});
  for (std::size_t i = 0; i < operands_; ++i) pointers_[i] = read_[i].data;
  const KernelRows row{pointers_.data(), written_.data(), no_strides_.data(), no_strides_.data(), n, 1};
  function_(&row);
}

}  // namespace vitrine
