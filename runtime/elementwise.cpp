#include "runtime/elementwise.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "runtime/walk_views.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

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

std::size_t numbers_in_chunk(const TileProgram& program, std::size_t views) {
  // By what one core moves and computes in a nanosecond, both rounded up: a chunk is rather too long than too short.
  constexpr double bytes_a_ns = 50, steps_a_ns = 16, wanted_ns = 10000;
  const double moving = static_cast<double>(views * sizeof(float)) / bytes_a_ns;
  const double computing = static_cast<double>(program.steps().size()) / steps_a_ns;
  return std::max<std::size_t>(4, static_cast<std::size_t>(wanted_ns / std::max(moving, computing)) / tile_size) *
         tile_size;
}

ElementwiseWork::ElementwiseWork(const ScalarCode& code, std::span<const FloatView> operands,
                                 std::span<const FloatView> results)
    : code_(&code), operands_(operands.size()), results_(results.size()) {
  check(code.tiles(), operands, results);
  iteration_ = std::make_unique<const Iteration>(operands, results);
  const std::size_t count = iteration_->count(), row = iteration_->inner();
  if (count == 0) return;
  // Whole rows to a chunk where rows are short: a tile must begin with a row.
  const std::size_t wanted = numbers_in_chunk(code.tiles(), operands.size() + results.size());
  chunk_ = row >= long_row ? wanted : wanted / row * row;
  chunks_ = (count + chunk_ - 1) / chunk_;
  if (const auto function =
          RowWalk::find(code, *iteration_, operands_, worth_streaming(*iteration_, operands, results)))
    rows_ = std::make_unique<const RowWalk>(function, *iteration_, operands_, results_);
}
ElementwiseWork::ElementwiseWork(ElementwiseWork&&) noexcept = default;
ElementwiseWork& ElementwiseWork::operator=(ElementwiseWork&&) noexcept = default;
ElementwiseWork::~ElementwiseWork() = default;

void ElementwiseWork::run(std::size_t chunk) const {
  const std::size_t first = chunk * chunk_, last = std::min(iteration_->count(), first + chunk_);
  if (rows_)
    rows_->run(first, last);
  else
    TileWalk(*code_, *iteration_, operands_, results_).run(first, last);
}

void run_elementwise(Pool& pool, const ScalarCode& code, std::span<const FloatView> operands,
                     std::span<const FloatView> results) {
  const ElementwiseWork work(code, operands, results);
  pool.run(work.chunks(), [&](std::size_t chunk, std::size_t) { work.run(chunk); });
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

BlockWork::BlockWork(const ScalarCode& code, std::span<const FloatView> operands, std::span<const FloatView> results)
    : code_(&code), operands_(operands.begin(), operands.end()), results_(results.begin(), results.end()) {
  check(code.tiles(), operands, results);
  if (!code.compiled() || operands.size() + results.size() > most_views) return;
  for (const auto& views : {operands, results})
    for (const FloatView& view : views)
      strides_.push_back(view.strides[0] * static_cast<std::ptrdiff_t>(sizeof(float)));
  flat_ = find_flat();
  KernelForm form{};
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (operands[i].strides[1] == 0)
      form.splat |= std::uint64_t{1} << i;
    else if (operands[i].strides[1] != 1)
      return;
  }
  for (const FloatView& result : results)
    if (result.strides[1] != 1) return;
  function_ = code.compiled()->function(form);
}

KernelFunction BlockWork::find_flat() const {
  KernelForm form{};
  const auto in_line = [](const FloatView& view) {
    return (view.sizes[1] == 1 || view.strides[1] == 1) &&
           (view.sizes[0] == 1 || view.strides[0] == static_cast<std::ptrdiff_t>(view.sizes[1]));
  };
  if (!std::ranges::all_of(results_, in_line)) return nullptr;
  for (std::size_t i = 0; i < operands_.size(); ++i) {
    if (in_line(operands_[i])) continue;
    if (operands_[i].strides[0] != 0 || operands_[i].strides[1] != 0) return nullptr;
    form.splat |= std::uint64_t{1} << i;
  }
  return code_->compiled()->function(form);
}

void BlockWork::run(std::size_t row, std::size_t rows, std::size_t column, std::size_t columns) const {
  constexpr std::size_t narrow = 8, few = 8;  // many rows so short are copied together: each costs some 10 ns
  const bool flat = flat_ && !results_.empty() && columns == results_[0].sizes[1];
  if (!flat && (!function_ || (columns < narrow && rows > few)))
    return run_elementwise_block(*code_, operands_, results_, row, rows, column, columns);
  const auto begin_of = [&](const FloatView& view) {
    if (row + rows > view.sizes[0] || column + columns > view.sizes[1])
      throw InternalError("a block of an elementwise kernel lies outside its views");
    return view.data + static_cast<std::ptrdiff_t>(row) * view.strides[0] +
           static_cast<std::ptrdiff_t>(column) * view.strides[1];
  };
  const float* from[most_views];
  float* to[most_views];
  for (std::size_t i = 0; i < operands_.size(); ++i) from[i] = begin_of(operands_[i]);
  for (std::size_t i = 0; i < results_.size(); ++i) to[i] = begin_of(results_[i]);
  if (flat) {
    const KernelRows line{from, to, strides_.data(), strides_.data() + operands_.size(), rows * columns, 1};
    return flat_(&line);
  }
  const KernelRows block{from, to, strides_.data(), strides_.data() + operands_.size(), columns, rows};
  function_(&block);
}

}  // namespace vitrine
