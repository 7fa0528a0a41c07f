#pragma once
#include "vitrine/model.hpp"
#include "vitrine/ops/permute.hpp"

namespace vitrine {

/// A layer for images [batch, row, column, channel], given images [batch, channel, row, column]: two permutes around
/// it. Where one Nchw follows another, the pass fold_transposes cancels those between; what is elementwise belongs
/// inside, as in Nchw<Sequential<Convolution2d<...>, Relu, MaxPooling2d<...>>>. Parameters keep the layer's own names.
template <class Layer> struct Nchw : Layer {
  /// [batch, channel, row, column] -> [batch, channel', row', column']
  template <Shaped X> auto operator()(X&& x) const {
    const Layer& layer = *this;
    return permute<0, 3, 1, 2>(layer(permute<0, 2, 3, 1>(std::forward<X>(x))));
  }
};

}  // namespace vitrine
