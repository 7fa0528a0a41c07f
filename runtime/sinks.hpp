#pragma once
// A scalar kernel some of whose results are not stored but reduced as they are made: sums and maxima of rows, of
// columns or of all, in the order that reduce_rows has.
#include <memory>
#include <optional>
#include <vector>

#include "runtime/elementwise.hpp"
#include "runtime/reduce_stages.hpp"
#include "runtime/reductions.hpp"

namespace vitrine {

/// What becomes of one of the kernel's last results, of which [outer, rows, columns] are the iteration's elements: one
/// of outer and columns is 1.
struct Sink {
  Sink(Reduction, Stage, std::optional<float> count_of_mean);

  /// Whether the numbers of a row lie side by side: they are added up in 32 lanes, else column by column.
  bool in_lanes() const { return stage.columns == 1; }
  /// Elements from a multiple of which on nothing is added to what came before.
  std::size_t unit() const;
  /// Where the piece that element `at` is in ends: what is reduced by itself.
  std::size_t end_of_piece(std::size_t at) const;
  std::size_t piece_of(std::size_t at) const;
  /// Where a piece's reduction goes: one number, or one for each column.
  float* made_at(std::size_t piece) { return made + piece * stage.columns; }

  /// `to` is where the sink's result lies.
  void place(float* to);
  /// Once all pieces are reduced.
  void finish(Pool&, Isa);
  /// Where there are no elements.
  void take_nothing();

  Reduction how;
  Stage stage;
  std::optional<float> count;  // that a mean divides by
  std::size_t as_one;          // rows

 private:
  std::size_t pieces() const;
  void divide();

  float *made = nullptr, *to = nullptr;
  std::vector<float> partial{}, totals{};
};

/// The kernel lists the sinks' registers last.
class SinkWork {
 public:
  SinkWork(const Kernel&, std::vector<Sink>, Isa, ScalarCode::Way way = ScalarCode::Way::fastest);
  SinkWork(const SinkWork&) = delete;
  SinkWork& operator=(const SinkWork&) = delete;
  ~SinkWork();

  /// `results` are those that are stored; `sunk` are views of the sinks' results over the iteration, with stride 0
  /// along what is reduced.
  void place(std::span<const FloatView> operands, std::span<const FloatView> results, std::span<const FloatView> sunk);
  void run(Pool&);

 private:
  KernelFunction find_function() const;
  void run_compiled(std::size_t first, std::size_t last);
  void run_tiles(std::size_t first, std::size_t last);

  std::vector<Sink> sinks_;
  Isa isa_;
  ScalarCode code_;    // the kernel
  ScalarCode adding_;  // the kernel with what it adds to as further operands
  std::vector<FloatView> operands_{}, results_{};
  std::unique_ptr<const Iteration> iteration_{};  // over operands, results and what sinks make
  KernelFunction function_ = nullptr;             // null: through tiles
  std::size_t chunk_ = 0;
};

}  // namespace vitrine
