#pragma once
// Runs a scalar kernel over whole tensors.
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "runtime/pool.hpp"
#include "runtime/scalar_code.hpp"

namespace vitrine {

/// A tensor as the kernel walks it: the sizes are those of the iteration, the strides count floats and are 0 along
/// axes where the tensor is broadcast. The first `rank` entries count.
struct FloatView {
  static constexpr std::size_t most_axes = 6;

  float* data;
  int rank;
  std::array<std::size_t, most_axes> sizes;
  std::array<std::ptrdiff_t, most_axes> strides;
};

class Iteration;
class RowWalk;

/// How many numbers of a kernel over so many tensors take about 10 us, below which sharing out costs as much as it
/// saves.
std::size_t numbers_in_chunk(const TileProgram&, std::size_t views);

/// A scalar kernel over tensors, cut into chunks: for who shares out several at once. The code must outlive it.
class ElementwiseWork {
 public:
  ElementwiseWork(const ScalarCode&, std::span<const FloatView> operands, std::span<const FloatView> results);
  ElementwiseWork(ElementwiseWork&&) noexcept;
  ElementwiseWork& operator=(ElementwiseWork&&) noexcept;
  ~ElementwiseWork();

  std::size_t chunks() const { return chunks_; }
  void run(std::size_t chunk) const;

 private:
  const ScalarCode* code_;
  std::unique_ptr<const Iteration> iteration_;
  std::size_t operands_, results_;
  std::size_t chunk_ = 0, chunks_ = 0;
  std::unique_ptr<const RowWalk> rows_;  // null: through tiles
};

/// results = kernel(operands), element by element; operands are only read. Every view has the same rank and sizes;
/// rank 0 is one element. A result may be an operand (an update in place), but must not overlap one otherwise, and no
/// result may be broadcast. Chunks depend on the sizes only. Throws InternalError if a view does not fit.
void run_elementwise(Pool& pool, const ScalarCode& code, std::span<const FloatView> operands,
                     std::span<const FloatView> results);

/// A scalar kernel over matrices, block by block: what a product's epilogue calls some thousand times a second, so that
/// whatever does not depend on the block is found out once. Every view has rank 2. The code must outlive it.
class BlockWork {
 public:
  BlockWork(const ScalarCode&, std::span<const FloatView> operands, std::span<const FloatView> results);
  /// Rows [row, row + rows), columns [column, column + columns), on the calling thread.
  void run(std::size_t row, std::size_t rows, std::size_t column, std::size_t columns) const;

 private:
  static constexpr std::size_t most_views = 32;
  KernelFunction find_flat() const;

  const ScalarCode* code_;
  std::vector<FloatView> operands_, results_;
  KernelFunction function_ = nullptr;      // if the views lie so that it can read them where they are
  KernelFunction flat_ = nullptr;          // if rows of full width are one stretch in every view
  std::vector<std::ptrdiff_t> strides_{};  // of rows, in bytes
};

/// The same without anything found out before.
void run_elementwise_block(const ScalarCode& code, std::span<const FloatView> operands,
                           std::span<const FloatView> results, std::size_t row, std::size_t rows, std::size_t column,
                           std::size_t columns);

}  // namespace vitrine
