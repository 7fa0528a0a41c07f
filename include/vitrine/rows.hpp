#pragma once
#include "vitrine/type.hpp"

namespace vitrine {

/// A dense tensor cut along one axis: `outer` times `size` rows of `inner` elements.
struct Rows {
  std::size_t outer = 1, size = 0, inner = 1;

  constexpr Rows(const Shape& shape, int axis) : size(shape[axis].size) {
    for (int i = 0; i < shape.rank(); ++i)
      if (i != axis) (i < axis ? outer : inner) *= shape[i].size;
  }
};

}  // namespace vitrine
