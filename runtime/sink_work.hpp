#pragma once
// A scalar kernel some of whose results are not stored but reduced as they are made.
#include <memory>
#include <vector>

#include "runtime/elementwise.hpp"
#include "runtime/sink.hpp"

namespace vitrine {

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

  /// Whether blocks of a matrix can be taken as they come, if all begin and end at a multiple of so many columns; views
  /// are of rank 2.
  bool takes_blocks_of(std::size_t columns) const;
  /// Rows [row, row + rows), columns [column, column + columns), on the calling thread.
  void run_block(std::size_t row, std::size_t rows, std::size_t column, std::size_t columns);
  /// Once every block was taken.
  void finish(Pool&);

 private:
  class Calls;

  KernelFunction find_function() const;
  void run_compiled(std::size_t first, std::size_t last);
  void run_tiles(std::size_t first, std::size_t last);

  std::vector<Sink> sinks_;
  Isa isa_;
  ScalarCode code_;    // the kernel
  ScalarCode adding_;  // the kernel with what it adds to as further operands
  std::vector<FloatView> operands_{}, results_{}, sunk_{};
  std::unique_ptr<const Iteration> iteration_{};  // over operands, results and what sinks make
  KernelFunction function_ = nullptr;             // null: through tiles
  std::size_t chunk_ = 0;
};

}  // namespace vitrine
