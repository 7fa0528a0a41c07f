#include "runtime/elementwise.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "runtime/walk_views.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

/// How many numbers of a kernel take about 10 us, below which sharing out costs as much as it saves: by what one core
/// moves and computes in a nanosecond, both rounded up, so that a chunk is rather too long than too short.
std::size_t numbers_in_chunk(const TileProgram& program, std::size_t views) {
  constexpr double bytes_a_ns = 50, steps_a_ns = 16, wanted_ns = 10000;
  const double moving = static_cast<double>(views * sizeof(float)) / bytes_a_ns;
  const double computing = static_cast<double>(program.steps().size()) / steps_a_ns;
  return std::max<std::size_t>(4, static_cast<std::size_t>(wanted_ns / std::max(moving, computing)) / tile_size) *
         tile_size;
}

/// Results that take up so much are not found in a cache by who reads them, so they are written around it: that spares
/// reading each line before it is overwritten.
constexpr std::size_t too_large_for_caches = std::size_t{32} << 20;

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
  const std::size_t wanted = numbers_in_chunk(code.tiles(), operands.size() + results.size());
  const std::size_t chunk = row >= long_row ? wanted : wanted / row * row;
  const bool streaming = worth_streaming(iteration, operands, results);
  const KernelFunction rows = RowWalk::find(code, iteration, operands.size(), streaming);
  pool.run((iteration.count() + chunk - 1) / chunk, [&](std::size_t index, std::size_t) {
    const std::size_t first = index * chunk, last = std::min(iteration.count(), first + chunk);
    if (rows)
      RowWalk(rows, iteration, operands.size(), results.size()).run(first, last);
    else
      TileWalk(code, iteration, operands.size(), results.size()).run(first, last);
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
  if (const KernelFunction function = RowWalk::find(code, iteration, read.size(), false))
    RowWalk(function, iteration, read.size(), written.size()).run(0, iteration.count());
  else
    TileWalk(code, iteration, read.size(), written.size()).run(0, iteration.count());
}

}  // namespace vitrine
