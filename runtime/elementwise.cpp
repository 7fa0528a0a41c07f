#include "runtime/elementwise.hpp"

#include <algorithm>
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

/// Walks a range of the iteration tile by tile, with scratch of its own.
class TileWalk {
 public:
  TileWalk(Isa isa, const TileProgram& program, const Iteration& iteration, std::size_t operands, std::size_t results)
      : table_(tile_table(isa)),
        program_(program),
        iteration_(iteration),
        by_row_(iteration.inner() >= long_row),
        tile_(tile_length(iteration, by_row_)),
        operands_(operands),
        results_(results),
        read_(operands),
        written_(results),
        scratch_(std::make_unique_for_overwrite<float[]>(program.scratch() + (operands + results) * tile_size)) {}

  /// Elements [first, last). Operands that repeat in every row are gathered once.
  void run(std::size_t first, std::size_t last) {
    const std::size_t row = iteration_.inner();
    for (std::size_t at = first; at < last;) {
      std::size_t n = std::min(tile_, last - at);
      if (by_row_) n = std::min(n, row - at % row);
      for (std::size_t i = 0; i < operands_; ++i) read_[i] = operand(i, at, n, at == first);
      for (std::size_t i = 0; i < results_; ++i) {
        written_[i] = in_place(operands_ + i) ? iteration_.address(operands_ + i, at) : tile_of(operands_ + i);
      }
      run_tile(table_, program_, read_, written_, n, {scratch_.get(), program_.scratch()});
      for (std::size_t i = 0; i < results_; ++i) {
        if (!in_place(operands_ + i)) iteration_.scatter(operands_ + i, at, n, tile_of(operands_ + i));
      }
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

  float* tile_of(std::size_t view) const { return scratch_.get() + program_.scratch() + view * tile_size; }

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

  const TileTable& table_;
  const TileProgram& program_;
  const Iteration& iteration_;
  bool by_row_;
  std::size_t tile_;
  std::size_t operands_, results_;
  std::vector<TileOperand> read_;
  std::vector<float*> written_;
  std::unique_ptr<float[]> scratch_;
};

void check(const TileProgram& program, std::span<const FloatView> operands, std::span<const FloatView> results) {
  if (operands.size() < program.operands() || results.size() != program.results().size()) {
    throw InternalError("an elementwise kernel was given the wrong number of operands or results");
  }
}

}  // namespace

void run_elementwise(Pool& pool, Isa isa, const TileProgram& program, std::span<const FloatView> operands,
                     std::span<const FloatView> results) {
  check(program, operands, results);
  const Iteration iteration(operands, results);
  if (iteration.count() == 0) return;
  // Whole rows to a chunk where rows are short: a tile must begin with a row.
  const std::size_t row = iteration.inner();
  const std::size_t chunk = row >= long_row ? chunk_size : chunk_size / row * row;
  pool.run((iteration.count() + chunk - 1) / chunk, [&](std::size_t index, std::size_t) {
    const std::size_t first = index * chunk;
    TileWalk(isa, program, iteration, operands.size(), results.size())
        .run(first, std::min(iteration.count(), first + chunk));
  });
}

void run_elementwise_block(Isa isa, const TileProgram& program, std::span<const FloatView> operands,
                           std::span<const FloatView> results, std::size_t row, std::size_t rows, std::size_t column,
                           std::size_t columns) {
  check(program, operands, results);
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
  TileWalk(isa, program, iteration, read.size(), written.size()).run(0, iteration.count());
}

}  // namespace vitrine
