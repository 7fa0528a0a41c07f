#pragma once
#include "vitrine/model.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/row_norm.hpp"

namespace vitrine {

/// y = (x - mean) / sqrt(variance + Eps) * gain + bias along the last axis, for x [..., Width] (Ba, Kiros and Hinton,
/// arXiv 1607.06450, equation 4): gain [Width] begins with 1, bias [Width] with 0.
template <Axis Width, Float Eps = 1e-5f> struct LayerNorm {
  using Gain = Parameter<filled_with(1), Width>;
  using Bias = Tensor<Width>;
  BOOST_HANA_DEFINE_STRUCT(LayerNorm, (Gain, gain), (Bias, bias));

  /// [..., Width] -> the same
  template <Shaped X> auto operator()(X&& x) const {
    return within(*this, layer_norm<Eps>(named(std::forward<X>(x))) * gain + bias);
  }
};

/// y = x / sqrt(mean of x^2 + Eps) * gain along the last axis, for x [..., Width] (Zhang and Sennrich, arXiv
/// 1910.07467, equation 4): gain [Width] begins with 1.
template <Axis Width, Float Eps = 1e-5f> struct RmsNorm {
  using Gain = Parameter<filled_with(1), Width>;
  BOOST_HANA_DEFINE_STRUCT(RmsNorm, (Gain, gain));

  /// [..., Width] -> the same
  template <Shaped X> auto operator()(X&& x) const {
    return within(*this, rms_norm<Eps>(named(std::forward<X>(x))) * gain);
  }
};

}  // namespace vitrine
