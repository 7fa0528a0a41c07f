#pragma once
// How a scalar kernel gets at the elements of its views: row by row where they lie, or tile by tile through copies.
#include <memory>
#include <vector>

#include "runtime/iteration.hpp"
#include "runtime/scalar_code.hpp"

namespace vitrine {

/// Rows this long are walked one by one, in place; shorter ones are walked together in one tile.
inline constexpr std::size_t long_row = 256;

/// Machine code on whole rows where they lie. Every operand must have its elements side by side along the last axis, or
/// one for all of them; results side by side.
class RowWalk {
 public:
  /// Null where the views lie otherwise, or there is no machine code.
  static KernelFunction find(const ScalarCode&, const Iteration&, std::size_t operands, bool streaming);

  RowWalk(KernelFunction function, const Iteration& iteration, std::size_t operands, std::size_t results);
  /// Elements [first, last), on any number of threads at once.
  void run(std::size_t first, std::size_t last) const;

 private:
  KernelFunction function_;
  const Iteration* iteration_;
  std::size_t operands_;
  std::vector<std::ptrdiff_t> strides_;  // of rows, in bytes
};

/// Any views: what does not lie element after element is copied to a tile and back.
class TileWalk {
 public:
  TileWalk(const ScalarCode& code, const Iteration& iteration, std::size_t operands, std::size_t results);
  /// Elements [first, last). Operands that repeat in every row are gathered once.
  void run(std::size_t first, std::size_t last);

 private:
  std::ptrdiff_t stride(std::size_t view) const;
  bool in_place(std::size_t view) const;
  float* tile_of(std::size_t view) const;
  TileOperand operand(std::size_t i, std::size_t at, std::size_t n, bool first_tile) const;
  void compute(std::size_t n);

  const ScalarCode& code_;
  const Iteration& iteration_;
  bool by_row_;
  std::size_t tile_;
  std::size_t operands_, results_;
  KernelFunction function_ = nullptr;
  std::vector<TileOperand> read_;
  std::vector<const float*> pointers_;
  std::vector<float*> written_;
  std::vector<std::ptrdiff_t> no_strides_;
  std::unique_ptr<float[]> scratch_;
};

}  // namespace vitrine
