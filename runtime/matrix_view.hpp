#pragma once
// Tensors seen as matrices of rows by their last axis.
#include <optional>

#include "runtime/elementwise.hpp"
#include "vitrine/type.hpp"

namespace vitrine {

/// Axes [0, axes) as one, if one stride walks them: that of the innermost; 0 if there is but one element.
std::optional<std::ptrdiff_t> merged(const Shape&, const std::array<std::ptrdiff_t, Shape::max_rank>& strides,
                                     int axes);

/// A view over `shape` as a matrix; nothing if its rows are not one stride apart.
std::optional<FloatView> as_matrix(const FloatView&, const Shape&);

}  // namespace vitrine
