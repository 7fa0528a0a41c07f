#include "runtime/elementwise.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/iteration.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

/// Numbers in a chunk that is handed to a thread: about 10 us of work for a few instructions.
constexpr std::size_t chunk_size = 16384;

/// Rows this long are walked one by one, in place; shorter ones are walked together in one tile.
constexpr std::size_t long_row = 256;

/// Results that take up so much are not found in a cache by who reads them, so they are written around it: that spares
/// reading each line before it is overwritten.
constexpr std::size_t too_large_for_caches = std::size_t{32} << 20;

/// Walks a range of the iteration: as far as it goes where machine code reads everything in place, else tile by tile.
/// What does not lie element after element is copied to a tile of its own and back.
class KernelWalk {
 public:
  KernelWalk(const ScalarCode& code, const Iteration& iteration, std::size_t operands, std::size_t results,
             bool streaming)
      : code_(code),
        iteration_(iteration),
        by_row_(iteration.inner() >= long_row),
        tile_(tile_length(iteration, by_row_)),
        operands_(operands),
        results_(results),
        read_(operands),
        written_(results) {
    bool all_in_place = true;
    KernelForm form{.streaming = streaming};
    for (std::size_t i = 0; i < operands + results; ++i) {
      const bool splat = i < operands && i < 64 && !in_place(i) && stride(i) == 0;
      if (splat) form.splat |= std::uint64_t{1} << i;
      all_in_place = all_in_place && (in_place(i) || splat);
    }
    if (code.compiled()) function_ = code.compiled()->function(form);
    if (function_ && all_in_place) tile_ = iteration.count();
    const std::size_t tiles = all_in_place ? 0 : (operands + results) * tile_size;
    buffers_ = function_ ? 0 : code.tiles().scratch();
    if (buffers_ + tiles > 0) scratch_ = std::make_unique_for_overwrite<float[]>(buffers_ + tiles);
    pointers_.resize(operands);
  }

  /// Elements [first, last). Operands that repeat in every row are gathered once.
  void run(std::size_t first, std::size_t last) {
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

 private:
  /// Short rows: whole rows to a tile, so that what repeats in every row is the same in every tile.
  static std::size_t tile_length(const Iteration& iteration, bool by_row) {
    return by_row ? tile_size : tile_size / iteration.inner() * iteration.inner();
  }

  std::ptrdiff_t stride(std::size_t view) const {
    return by_row_ ? iteration_.inner_stride(view) : iteration_.flat_stride(view);
  }

  bool in_place(std::size_t view) const { return stride(view) == 1 || iteration_.count() == 1; }

  float* tile_of(std::size_t view) const { return scratch_.get() + buffers_ + view * tile_size; }

  TileOperand operand(std::size_t i, std::size_t at, std::size_t n, bool first_tile) const {
    if (in_place(i)) return {iteration_.address(i, at), 1};
    if (stride(i) == 0) return {iteration_.address(i, at), 0};
    if (by_row_ || !iteration_.same_in_every_row(i)) {
      iteration_.gather(i, at, n, tile_of(i));
    } else if (first_tile) {
      iteration_.gather(i, at, tile_, tile_of(i));
    }
    return {tile_of(i), 1};
  }

  void compute(std::size_t n) {
    if (!function_) return run_tile(code_.table(), code_.tiles(), read_, written_, n, {scratch_.get(), buffers_});
    for (std::size_t i = 0; i < operands_; ++i) pointers_[i] = read_[i].data;
    function_(pointers_.data(), written_.data(), n);
  }

  const ScalarCode& code_;
  const Iteration& iteration_;
  bool by_row_;
  std::size_t tile_;
  std::size_t operands_, results_;
  KernelFunction function_ = nullptr;
  std::vector<TileOperand> read_;
  std::vector<const float*> pointers_{};
  std::vector<float*> written_;
  std::size_t buffers_ = 0;
  std::unique_ptr<float[]> scratch_{};
};

void check(const TileProgram& program, std::span<const FloatView> operands, std::span<const FloatView> results) {
  if (operands.size() < program.operands() || results.size() != program.results().size()) {
    throw InternalError("an elementwise kernel was given the wrong number of operands or results");
  }
}

/// Whether every result is one long stretch that begins a cache line, is no operand's, and all are large.
bool worth_streaming(const Iteration& iteration, std::span<const FloatView> operands,
                     std::span<const FloatView> results) {
  if (iteration.count() * sizeof(float) * results.size() < too_large_for_caches) return false;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const float* const data = results[i].data;
    if (iteration.flat_stride(operands.size() + i) != 1 || reinterpret_cast<std::uintptr_t>(data) % 64 != 0 ||
        std::ranges::any_of(operands, [&](const FloatView& operand) { return operand.data == data; }))
      return false;
  }
  return iteration.inner() == iteration.count();
}

}  // namespace

void run_elementwise(Pool& pool, const ScalarCode& code, std::span<const FloatView> operands,
                     std::span<const FloatView> results) {
  check(code.tiles(), operands, results);
  const Iteration iteration(operands, results);
  if (iteration.count() == 0) return;
  // Whole rows to a chunk where rows are short: a tile must begin with a row.
  const std::size_t row = iteration.inner();
  const std::size_t chunk = row >= long_row ? chunk_size : chunk_size / row * row;
  const bool streaming = worth_streaming(iteration, operands, results);
  pool.run((iteration.count() + chunk - 1) / chunk, [&](std::size_t index, std::size_t) {
    const std::size_t first = index * chunk;
    KernelWalk(code, iteration, operands.size(), results.size(), streaming)
        .run(first, std::min(iteration.count(), first + chunk));
  });
}

void run_elementwise_block(const ScalarCode& code, std::span<const FloatView> operands,
                           std::span<const FloatView> results, std::size_t row, std::size_t rows, std::size_t column,
                           std::size_t columns) {
  check(code.tiles(), operands, results);
  const auto block_of = [&](std::span<const FloatView> views) {
    std::vector<FloatView> blocks(views.begin(), views.end());
    for (FloatView& view : blocks) {
      if (view.rank != 2 || row + rows > view.sizes[0] || column + columns > view.sizes[1]) {
        throw InternalError("a block of an elementwise kernel lies outside its views, or they are not of rank 2");
      }
      view.data += static_cast<std::ptrdiff_t>(row) * view.strides[0];
      view.data += static_cast<std::ptrdiff_t>(column) * view.strides[1];
      view.sizes[0] = rows;
      view.sizes[1] = columns;
    }
    return blocks;
  };
  const std::vector<FloatView> read = block_of(operands);
  const std::vector<FloatView> written = block_of(results);
  const Iteration iteration(read, written);
  if (iteration.count() == 0) return;
  KernelWalk(code, iteration, read.size(), written.size(), false).run(0, iteration.count());
}

}  // namespace vitrine
