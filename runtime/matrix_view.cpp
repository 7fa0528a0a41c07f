#include "runtime/matrix_view.hpp"

namespace vitrine {

std::optional<std::ptrdiff_t> merged(const Shape& shape, const std::array<std::ptrdiff_t, Shape::max_rank>& strides,
                                     int axes) {
  std::optional<std::ptrdiff_t> inner;
  std::ptrdiff_t next = 0;
  for (int i = axes - 1; i >= 0; --i) {
    if (shape[i].size == 1) continue;
    const std::ptrdiff_t stride = strides[static_cast<std::size_t>(i)];
    if (inner && stride != next) return {};
    if (!inner) inner = stride;
    next = stride * static_cast<std::ptrdiff_t>(shape[i].size);
  }
  return inner.value_or(0);
}

std::optional<FloatView> as_matrix(const FloatView& view, const Shape& shape) {
  const auto last = static_cast<std::size_t>(shape.rank() - 1);
  const auto row = merged(shape, view.strides, shape.rank() - 1);
  if (!row) return {};
  std::size_t rows = 1;  // not elements / columns: there may be rows of no columns
  for (int i = 0; i + 1 < shape.rank(); ++i) rows *= shape[i].size;
  return FloatView{
      .data = view.data, .rank = 2, .sizes = {rows, shape[-1].size}, .strides = {*row, view.strides[last]}};
}

}  // namespace vitrine
