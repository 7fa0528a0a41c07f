#include "runtime/sinks.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "runtime/walk_views.hpp"
#include "vitrine/error.hpp"
#include "vitrine/math.hpp"

namespace vitrine {

namespace {

constexpr std::size_t lanes = 32;
constexpr std::size_t rows_at_once = 32;  // of which each has its lanes
constexpr std::size_t least_row = 8;

std::size_t divided_up(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

/// The kernel with a further operand for each sink, to which it adds what the sink takes.
Kernel adding(const Kernel& kernel, const std::vector<Sink>& sinks) {
  Kernel made = kernel;
  std::uint16_t operands = 0;
  for (const Instruction& i : kernel.instructions)
    if (i.op == Scalar::input) operands = std::max<std::uint16_t>(operands, static_cast<std::uint16_t>(i.from[0] + 1));
  for (std::size_t s = 0; s < sinks.size(); ++s) {
    std::uint16_t& result = made.results[made.results.size() - sinks.size() + s];
    const auto before = static_cast<std::uint16_t>(made.instructions.size());
    made.instructions.push_back({.op = Scalar::input, .from = {static_cast<std::uint16_t>(operands + s)}});
    made.instructions.push_back(
        {.op = sinks[s].how == Reduction::maximum ? Scalar::maximum : Scalar::add, .from = {before, result}});
    result = static_cast<std::uint16_t>(before + 1);
  }
  return made;
}

}  // namespace

Sink::Sink(Reduction reduction, Stage reduced, std::optional<float> count_of_mean)
    : how(reduction), stage(reduced), count(count_of_mean), as_one(rows_as_one(reduced.rows, reduced.columns)) {
  if (stage.outer != 1 && stage.columns != 1)
    throw InternalError("a sink was asked to reduce axes between others: its step must be cut in two");
}

std::size_t Sink::unit() const {
  if (!in_lanes()) return rows_in_partial_sum * stage.columns;
  return stage.outer == 1 ? as_one : stage.rows;
}

std::size_t Sink::piece_of(std::size_t at) const {
  if (!in_lanes()) return at / unit();
  return at / stage.rows * divided_up(stage.rows, as_one) + at % stage.rows / as_one;
}

std::size_t Sink::end_of_piece(std::size_t at) const {
  if (!in_lanes()) return std::min((at / unit() + 1) * unit(), stage.rows * stage.columns);
  const std::size_t row = at / stage.rows * stage.rows;
  return row + std::min(stage.rows, ((at - row) / as_one + 1) * as_one);
}

std::size_t Sink::pieces() const {
  return in_lanes() ? stage.outer * divided_up(stage.rows, as_one) : divided_up(stage.rows, rows_in_partial_sum);
}

void Sink::place(float* result) {
  to = result;
  const bool at_once = pieces() == stage.outer;
  if (!at_once) partial.resize(pieces() * stage.columns);
  made = at_once ? to : partial.data();
}

void Sink::finish(Pool& pool, Isa isa) {
  const Reduction merge = merging(how);
  if (made != to && in_lanes()) {
    reduce_rows(pool, isa, merge, stage.outer, pieces() / stage.outer, 1, made, {}, to);
  } else if (made != to) {
    const std::size_t blocks = divided_up(stage.rows, as_one), columns = stage.columns;
    if (blocks > 1) totals.resize(blocks * columns);
    float* const merged = blocks > 1 ? totals.data() : to;
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::size_t first = block * as_one / rows_in_partial_sum,
                        last = divided_up(std::min(stage.rows, (block + 1) * as_one), rows_in_partial_sum);
      float* const total = merged + block * columns;
      std::fill_n(total, columns, begin_of(how));
      for (std::size_t p = first; p < last; ++p) {
        const float* const part = made + p * columns;
        for (std::size_t j = 0; j < columns; ++j)
          total[j] = how == Reduction::maximum ? math::maximum(total[j], part[j]) : total[j] + part[j];
      }
    }
    if (blocks > 1) reduce_rows(pool, isa, merge, 1, blocks, columns, totals.data(), {}, to);
  }
  divide();
}

void Sink::take_nothing() {
  std::fill_n(to, stage.results(), begin_of(how));
  divide();
}

void Sink::divide() {
  if (count)
    for (std::size_t i = 0; i < stage.results(); ++i) to[i] /= *count;
}

SinkWork::SinkWork(const Kernel& kernel, std::vector<Sink> sinks, Isa isa, ScalarCode::Way way)
    : sinks_(std::move(sinks)), isa_(isa), code_(kernel, isa, way), adding_(adding(kernel, sinks_), isa, way) {}
SinkWork::~SinkWork() = default;

void SinkWork::place(std::span<const FloatView> operands, std::span<const FloatView> results,
                     std::span<const FloatView> sunk) {
  operands_.assign(operands.begin(), operands.end());
  results_.assign(results.begin(), results.end());
  std::vector<FloatView> all = results_;
  all.insert(all.end(), sunk.begin(), sunk.end());
  iteration_ = std::make_unique<const Iteration>(operands_, all);
  for (std::size_t s = 0; s < sinks_.size(); ++s) sinks_[s].place(sunk[s].data);
  const std::size_t count = iteration_->count();
  if (count == 0) return;
  std::size_t unit = 1;
  for (const Sink& sink : sinks_) unit = std::lcm(unit, sink.unit());
  const std::size_t wanted = numbers_in_chunk(code_.tiles(), operands_.size() + results_.size());
  chunk_ = unit >= count ? count : std::max<std::size_t>(1, wanted / unit) * unit;
  function_ = find_function();
}

KernelFunction SinkWork::find_function() const {
  const std::size_t row = iteration_->inner(), operands = operands_.size(), results = results_.size();
  if (!adding_.compiled() || operands + sinks_.size() > 64 || results + sinks_.size() > 64) return nullptr;
  if (row < least_row && row != iteration_->count()) return nullptr;
  KernelForm form{};
  for (std::size_t i = 0; i < operands + results + sinks_.size(); ++i) {
    const bool of_sink = i >= operands + results;
    if (of_sink && sinks_[i - operands - results].in_lanes()) {
      const Sink& sink = sinks_[i - operands - results];
      // What goes on in the next row must go on with the first lane.
      if (row < std::min(sink.stage.rows, sink.as_one) && row % lanes != 0) return nullptr;
      form.lane_operands |= std::uint64_t{1} << (i - results);
      form.lane_results |= std::uint64_t{1} << (i - operands);
      continue;
    }
    const std::ptrdiff_t stride = iteration_->inner_stride(i);
    if (stride == 1 || row == 1) continue;
    if (stride != 0 || i >= operands) return nullptr;
    form.splat |= std::uint64_t{1} << i;
  }
  return adding_.compiled()->function(form);
}

void SinkWork::run(Pool& pool) {
  const std::size_t count = iteration_->count();
  if (count == 0) {
    for (Sink& sink : sinks_) sink.take_nothing();
    return;
  }
  pool.run(divided_up(count, chunk_), [&](std::size_t chunk, std::size_t) {
    const std::size_t first = chunk * chunk_, last = std::min(count, first + chunk_);
    function_ ? run_compiled(first, last) : run_tiles(first, last);
  });
  for (Sink& sink : sinks_) sink.finish(pool, isa_);
}

void SinkWork::run_compiled(std::size_t first, std::size_t last) {
  const std::size_t row = iteration_->inner(), operands = operands_.size(), results = results_.size(),
                    sinks = sinks_.size();
  const auto in_bytes = [](std::ptrdiff_t floats) { return floats * static_cast<std::ptrdiff_t>(sizeof(float)); };
  const auto lanes_of_rows = std::make_unique_for_overwrite<float[]>(sinks * rows_at_once * lanes);
  std::vector<const float*> from(operands + sinks);
  std::vector<float*> to(results + sinks);
  std::vector<std::ptrdiff_t> strides(operands + sinks + results + sinks);
  std::ptrdiff_t* const result_strides = strides.data() + operands + sinks;
  for (std::size_t i = 0; i < operands; ++i) strides[i] = in_bytes(iteration_->row_stride(i));
  for (std::size_t i = 0; i < results; ++i) result_strides[i] = in_bytes(iteration_->row_stride(operands + i));

  for (std::size_t at = first; at < last;) {
    std::size_t n = std::min(row - at % row, last - at), rows = 1;
    for (const Sink& sink : sinks_)
      if (sink.in_lanes()) n = std::min(n, sink.end_of_piece(at) - at);
    // A row is a whole piece of a sink, or one of several in its piece; columns take rows as they come.
    const auto whole = [&](const Sink& sink) {
      return sink.in_lanes() && n == std::min(sink.stage.rows, sink.as_one) && sink.stage.rows <= sink.as_one;
    };
    if (n == row) {
      rows = std::min((last - at) / row, iteration_->rows_from(at / row));
      for (const Sink& sink : sinks_)
        rows = std::min(rows, whole(sink) ? rows_at_once : (sink.end_of_piece(at) - at) / row);
    }
    for (std::size_t i = 0; i < operands; ++i) from[i] = iteration_->address(i, at);
    for (std::size_t i = 0; i < results; ++i) to[i] = iteration_->address(operands + i, at);
    for (std::size_t s = 0; s < sinks; ++s) {
      Sink& sink = sinks_[s];
      const std::size_t piece = sink.piece_of(at);
      const bool begins = at == 0 || sink.piece_of(at - 1) != piece;
      float* into = lanes_of_rows.get() + s * rows_at_once * lanes;
      std::ptrdiff_t stride = whole(sink) ? in_bytes(lanes) : 0;
      if (sink.in_lanes()) {
        if (begins) std::fill_n(into, (whole(sink) ? rows : 1) * lanes, begin_of(sink.how));
      } else {
        if (begins) std::fill_n(sink.made_at(piece), sink.stage.columns, begin_of(sink.how));
        into = sink.made_at(piece) + at % sink.stage.columns;
        stride = in_bytes(iteration_->row_stride(operands + results + s));
      }
      from[operands + s] = to[results + s] = into;
      strides[operands + s] = result_strides[results + s] = stride;
    }
    const KernelRows block{from.data(), to.data(), strides.data(), result_strides, n, rows};
    function_(&block);
    for (std::size_t s = 0; s < sinks; ++s) {
      Sink& sink = sinks_[s];
      if (!sink.in_lanes()) continue;
      const float* const made = lanes_of_rows.get() + s * rows_at_once * lanes;
      const std::size_t piece = sink.piece_of(at), complete = whole(sink) ? rows : 1;
      if (!whole(sink) && at + n * rows != sink.end_of_piece(at)) continue;
      reduce_loops(isa_, sink.how).lanes(made, complete, sink.made_at(piece));
    }
    at += n * rows;
  }
}

/// All of a chunk is made, and then reduced by the loops that reduce_rows has.
void SinkWork::run_tiles(std::size_t first, std::size_t last) {
  const std::size_t n = last - first, sinks = sinks_.size();
  const auto taken = std::make_unique_for_overwrite<float[]>(sinks * n);
  std::vector<FloatView> results = results_;
  for (std::size_t s = 0; s < sinks; ++s) {
    // Dense over the iteration: element `first` is the first of the chunk's numbers.
    const FloatView& like = operands_.empty() ? results_.front() : operands_.front();
    FloatView view{.data = nullptr, .rank = like.rank, .sizes = like.sizes, .strides = {}};
    std::size_t stride = 1;
    for (auto axis = static_cast<std::size_t>(like.rank); axis-- > 0; stride *= view.sizes[axis])
      view.strides[axis] = static_cast<std::ptrdiff_t>(stride);
    const auto begin = reinterpret_cast<std::uintptr_t>(taken.get() + s * n) - first * sizeof(float);
    view.data = reinterpret_cast<float*>(begin);
    results.push_back(view);
  }
  const Iteration iteration(operands_, results);
  TileWalk(code_, iteration, operands_.size(), results.size()).run(first, last);
  for (std::size_t s = 0; s < sinks; ++s) {
    Sink& sink = sinks_[s];
    const ReduceLoops& loops = reduce_loops(isa_, sink.how);
    for (std::size_t at = first; at < last;) {
      const std::size_t end = sink.end_of_piece(at), columns = sink.stage.columns;
      const float* const from = taken.get() + s * n + (at - first);
      float* const to = sink.made_at(sink.piece_of(at));
      if (sink.in_lanes())
        *to = loops.row(from, 0, end - at);
      else
        loops.columns(from, columns, (end - at) / columns, columns, nullptr, to);
      at = end;
    }
  }
}

}  // namespace vitrine
