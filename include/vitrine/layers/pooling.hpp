#pragma once
#include "vitrine/ops/avg_pool2d.hpp"
#include "vitrine/ops/max_pool2d.hpp"

namespace vitrine {

/// The largest number of each window, for images [batch, row, column, channel]. It learns nothing.
template <Extent Window, Extent Stride = Window, Extent Padding = Extent{0, 0}> struct MaxPooling2d {
  template <Shaped X> auto operator()(X&& x) const { return max_pool2d<Window, Stride, Padding>(std::forward<X>(x)); }
};

/// The mean of each window, for images [batch, row, column, channel]. It learns nothing.
template <Extent Window, Extent Stride = Window, Extent Padding = Extent{0, 0}> struct AveragePooling2d {
  template <Shaped X> auto operator()(X&& x) const { return avg_pool2d<Window, Stride, Padding>(std::forward<X>(x)); }
};

}  // namespace vitrine
