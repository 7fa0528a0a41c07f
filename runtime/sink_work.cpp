#include "runtime/sink_work.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "runtime/aligned_bytes.hpp"
#include "runtime/walk_views.hpp"

namespace vitrine {

namespace {

constexpr std::size_t lanes = 32;
constexpr std::size_t rows_at_once = 32;  // of which each has its lanes
constexpr std::size_t least_row = 8;
constexpr std::size_t most_views = 64;  // operands or results, sinks among them

/// A thread's memory for lanes, which stays: a run allocates nothing. Nobody reads what an earlier run left there.
float* lanes_for(std::size_t sinks) {
  static thread_local AlignedBytes bytes(0);
  const std::size_t wanted = sinks * rows_at_once * lanes * sizeof(float);
  if (bytes.size() < wanted) bytes = AlignedBytes(wanted);
  return reinterpret_cast<float*>(bytes.data());
}

std::size_t divided_up(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

/// What the lanes of a sum and of a maximum begin with.
struct Begins {
  float of_sum[lanes], of_maximum[lanes];
};
constexpr Begins begins = [] {
  Begins made{};
  for (std::size_t i = 0; i < lanes; ++i)
    made.of_sum[i] = begin_of(Reduction::sum), made.of_maximum[i] = begin_of(Reduction::maximum);
  return made;
}();

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

SinkWork::SinkWork(const Kernel& kernel, std::vector<Sink> sinks, Isa isa, ScalarCode::Way way)
    : sinks_(std::move(sinks)), isa_(isa), code_(kernel, isa, way), adding_(adding(kernel, sinks_), isa, way) {}
SinkWork::~SinkWork() = default;

void SinkWork::place(std::span<const FloatView> operands, std::span<const FloatView> results,
                     std::span<const FloatView> sunk) {
  operands_.assign(operands.begin(), operands.end());
  results_.assign(results.begin(), results.end());
  sunk_.assign(sunk.begin(), sunk.end());
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
  if (!adding_.compiled() || operands + sinks_.size() > most_views || results + sinks_.size() > most_views)
    return nullptr;
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
  finish(pool);
}

void SinkWork::finish(Pool& pool) {
  for (Sink& sink : sinks_) sink.finish(pool, isa_);
}

bool SinkWork::takes_blocks_of(std::size_t columns) const {
  return function_ && operands_.front().rank == 2 && std::ranges::all_of(sinks_, [&](const Sink& sink) {
           return sink.to_one && (columns % sink.stage.rows == 0 || columns >= operands_.front().sizes[1]);
         });
}

/// One thread's calls of the machine code, each for some rows of n elements.
class SinkWork::Calls {
 public:
  explicit Calls(SinkWork& work)
      : work_(work),
        operands_(work.operands_.size()),
        results_(work.results_.size()),
        inputs_(operands_ + work.sinks_.size()),
        lanes_(lanes_for(work.sinks_.size())) {}

  /// Whether each row of n elements is a whole piece of the sink, of which it then takes rows_at_once at most.
  static bool takes_rows(const Sink& sink, std::size_t n) { return sink.in_lanes() && n == sink.stage.rows; }

  /// `address` and `stride` of a view: where the first row begins, and how many floats lie from one to the next; of the
  /// sinks' views only the strides count. From a row's piece to the next row's it is `apart`.
  template <class Address, class Stride>
  void run(std::size_t at, std::size_t n, std::size_t rows, std::size_t apart, Address address, Stride stride) {
    for (std::size_t i = 0; i < operands_; ++i) set<const float*>(i, from_[i], address(i), stride(i));
    for (std::size_t i = 0; i < results_; ++i) set(inputs_ + i, to_[i], address(operands_ + i), stride(operands_ + i));
    for (std::size_t s = 0; s < work_.sinks_.size(); ++s) {
      Sink& sink = work_.sinks_[s];
      if (takes_rows(sink, n)) {  // every row begins with nothing, in lanes of its own
        set<const float*>(operands_ + s, from_[operands_ + s],
                          sink.how == Reduction::maximum ? begins.of_maximum : begins.of_sum, 0);
        set(inputs_ + results_ + s, to_[results_ + s], lanes_of(s), static_cast<std::ptrdiff_t>(lanes));
        continue;
      }
      float* into = lanes_of(s);
      begin(sink, into, at);
      if (!sink.in_lanes()) into = sink.made_at(sink.piece_of(at)) + at % sink.stage.columns;
      const std::ptrdiff_t apart_in_memory = sink.in_lanes() ? 0 : stride(operands_ + results_ + s);
      set<const float*>(operands_ + s, from_[operands_ + s], into, apart_in_memory);
      set(inputs_ + results_ + s, to_[results_ + s], into, apart_in_memory);
    }
    const KernelRows block{from_, to_, strides_, strides_ + inputs_, n, rows};
    work_.function_(&block);
    for (std::size_t s = 0; s < work_.sinks_.size(); ++s) end(work_.sinks_[s], lanes_of(s), at, n, rows, apart);
  }

 private:
  float* lanes_of(std::size_t sink) { return lanes_ + sink * rows_at_once * lanes; }
  template <class Pointer> void set(std::size_t view, Pointer& place, Pointer data, std::ptrdiff_t stride) {
    place = data;
    strides_[view] = stride * static_cast<std::ptrdiff_t>(sizeof(float));
  }

  /// A piece that begins here begins with nothing.
  static void begin(Sink& sink, float* lanes_of_sink, std::size_t at) {
    const std::size_t piece = sink.piece_of(at);
    if (at != 0 && sink.piece_of(at - 1) == piece) return;
    std::fill_n(sink.in_lanes() ? lanes_of_sink : sink.made_at(piece), sink.in_lanes() ? lanes : sink.stage.columns,
                begin_of(sink.how));
  }
  /// What is complete with it goes to its place.
  void end(Sink& sink, const float* made, std::size_t at, std::size_t n, std::size_t rows, std::size_t apart) const {
    const auto merge = reduce_loops(work_.isa_, sink.how).lanes;
    const std::size_t piece = sink.piece_of(at);
    if (takes_rows(sink, n) && apart != 1)
      for (std::size_t r = 0; r < rows; ++r) merge(made + r * lanes, 1, sink.made_at(piece + r * apart));
    else if (takes_rows(sink, n))
      merge(made, rows, sink.made_at(piece));
    else if (sink.in_lanes() && at + n * rows == sink.end_of_piece(at))
      merge(made, 1, sink.made_at(piece));
  }

  SinkWork& work_;
  std::size_t operands_, results_, inputs_;  // inputs: operands and what sinks add to
  float* lanes_;
  const float* from_[most_views];
  float* to_[most_views];
  std::ptrdiff_t strides_[2 * most_views];
};

void SinkWork::run_compiled(std::size_t first, std::size_t last) {
  const std::size_t row = iteration_->inner();
  Calls calls(*this);
  for (std::size_t at = first; at < last;) {
    const std::size_t left = std::min(row - at % row, last - at);
    std::size_t n = left, most = rows_at_once;
    for (const Sink& sink : sinks_)
      if (sink.in_lanes()) n = std::min(n, sink.end_of_piece(at) - at);
    const bool in_row = n < row;  // several pieces of one row, one after the other
    for (const Sink& sink : sinks_)
      if (!Calls::takes_rows(sink, n)) most = in_row ? 1 : std::min(most, (sink.end_of_piece(at) - at) / row);
    const std::size_t rows =
        std::min(most, in_row ? left / n : std::min((last - at) / row, iteration_->rows_from(at / row)));
    calls.run(
        at, n, rows, 1, [&](std::size_t view) { return iteration_->address(view, at); },
        [&](std::size_t view) {
          return in_row ? iteration_->inner_stride(view) * static_cast<std::ptrdiff_t>(n)
                        : iteration_->row_stride(view);
        });
    at += n * rows;
  }
}

void SinkWork::run_block(std::size_t row, std::size_t rows, std::size_t column, std::size_t columns) {
  const std::size_t width = operands_.front().sizes[1], n = sinks_.front().stage.rows;
  const auto view_of = [&](std::size_t view) -> const FloatView& {
    return view < operands_.size() ? operands_[view] : results_[view - operands_.size()];
  };
  Calls calls(*this);
  for (std::size_t r = row; r < row + rows; r += rows_at_once)
    for (std::size_t c = column; c < column + columns; c += n)
      calls.run(
          r * width + c, n, std::min(rows_at_once, row + rows - r), width / n,
          [&](std::size_t view) {
            const FloatView& v = view_of(view);
            return v.data + static_cast<std::ptrdiff_t>(r) * v.strides[0] +
                   static_cast<std::ptrdiff_t>(c) * v.strides[1];
          },
          [&](std::size_t view) { return view_of(view).strides[0]; });
}

/// All of a chunk is made, and then reduced by the loops that reduce_rows has.
void SinkWork::run_tiles(std::size_t first, std::size_t last) {
  const std::size_t n = last - first, sinks = sinks_.size();
  const auto taken = std::make_unique_for_overwrite<float[]>(sinks * n);
  std::vector<FloatView> results = results_;
  for (std::size_t s = 0; s < sinks; ++s) {
    // Dense over the iteration: element `first` is the first of the chunk's numbers.
    FloatView view{.data = nullptr, .rank = sunk_.front().rank, .sizes = sunk_.front().sizes, .strides = {}};
    std::size_t stride = 1;
    for (auto axis = static_cast<std::size_t>(view.rank); axis-- > 0; stride *= view.sizes[axis])
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
