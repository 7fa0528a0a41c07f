#pragma once
#include "runtime/gemm.hpp"
#include "runtime/kernel_part.hpp"
#include "runtime/matrix_view.hpp"

namespace vitrine {

/// A head whose result comes chunk by chunk, as rows of a matrix: the kernel, if there is one, runs on each chunk while
/// it is in cache; or on all at the end, where one of its operands is no such matrix.
class ChunkedStep : public PreparedStep {
 public:
  ChunkedStep(const Step& step, const Machine& machine) : step_(step), machine_(machine) {
    if (step.kernel) kernel_.emplace(step, machine.isa);
  }
  void place(const Memory& memory) final {
    float* const result = head_result(step_, memory);
    place_head(memory, result);
    if (!kernel_) return;
    kernel_->place(memory, result);
    const auto operands = matrices(kernel_->operands()), results = matrices(kernel_->results());
    by_chunks_ = operands.size() == kernel_->operands().size() && results.size() == kernel_->results().size();
    if (by_chunks_) blocks_.emplace(kernel_->code(), operands, results);
  }
  void run() final {
    const auto finish = [&](std::size_t row, std::size_t rows, std::size_t column, std::size_t columns) {
      blocks_->run(row, rows, column, columns);
    };
    const bool finished = run_head(by_chunks_ ? GemmEpilogue(finish) : GemmEpilogue());
    if (kernel_ && !(finished && by_chunks_)) kernel_->run(machine_);
  }

 protected:
  virtual void place_head(const Memory&, float* result) = 0;
  /// Whether the epilogue was called for every chunk.
  virtual bool run_head(GemmEpilogue) = 0;

  const Step& step_;
  Machine machine_;

 private:
  /// Fewer than the views if one is no matrix.
  std::vector<FloatView> matrices(std::span<const FloatView> views) const {
    std::vector<FloatView> made;
    for (const FloatView& view : views)
      if (const auto matrix = as_matrix(view, step_.iteration)) made.push_back(*matrix);
    return made;
  }

  std::optional<KernelPart> kernel_{};
  bool by_chunks_ = false;
  std::optional<BlockWork> blocks_{};
};

}  // namespace vitrine
