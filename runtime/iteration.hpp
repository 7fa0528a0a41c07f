#pragma once
// The loop nest of an elementwise kernel with as few axes as its views allow, and copies between a view and a tile.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/elementwise.hpp"

namespace vitrine {

/// Axes that all views walk in one stride are merged and axes of size 1 dropped; what is left is walked as one flat
/// range of `count` elements, the last axis fastest.
class Iteration {
 public:
  /// Operands first, then results. Throws InternalError where rank or sizes differ.
  Iteration(std::span<const FloatView> operands, std::span<const FloatView> results);

  std::size_t count() const { return count_; }
  std::size_t inner() const { return rank_ == 0 ? 1 : sizes_[rank_ - 1]; }

  std::size_t views() const { return walks_.size(); }

  /// How a view lies in the flat range: the stride if one stride walks all of it, else `irregular`.
  static constexpr std::ptrdiff_t irregular = PTRDIFF_MIN;
  std::ptrdiff_t flat_stride(std::size_t view) const { return walks_[view].flat_stride; }
  std::ptrdiff_t inner_stride(std::size_t view) const { return rank_ == 0 ? 0 : walks_[view].strides[rank_ - 1]; }

  /// From a row to the next along the axis before the last, and how many rows from this one lie at that distance.
  std::ptrdiff_t row_stride(std::size_t view) const { return rank_ < 2 ? 0 : walks_[view].strides[rank_ - 2]; }
  std::size_t rows_from(std::size_t row) const { return rank_ < 2 ? 1 : sizes_[rank_ - 2] - row % sizes_[rank_ - 2]; }

  /// Whether the view repeats with every row of the last axis (a bias).
  bool same_in_every_row(std::size_t view) const;

  /// Address of the flat range's element `at`.
  float* address(std::size_t view, std::size_t at) const;

  /// Elements [at, at + n) of a view to or from a tile.
  void gather(std::size_t view, std::size_t at, std::size_t n, float* tile) const;
  void scatter(std::size_t view, std::size_t at, std::size_t n, const float* tile) const;

 private:
  struct Walk {
    float* data;
    std::array<std::ptrdiff_t, FloatView::most_axes> strides;
    std::ptrdiff_t flat_stride;
  };

  void add(const FloatView& view, const FloatView& like);
  void merge_axes();

  /// Calls run(address, first, n) for every stretch within a row.
  template <class Run> void for_each_stretch(std::size_t view, std::size_t at, std::size_t n, Run run) const;

  std::size_t rank_ = 0;
  std::size_t count_ = 1;
  std::array<std::size_t, FloatView::most_axes> sizes_{};
  std::vector<Walk> walks_;
};

}  // namespace vitrine
