#pragma once
#include "vitrine/layers/linear.hpp"
#include "vitrine/ops/gelu_tanh.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/silu.hpp"

namespace vitrine {

/// y = down(gelu(up(x))), for every place by itself (Vaswani et al., arXiv 1706.03762, section 3.3, with GPT-2's gelu).
template <Axis Width, Axis Wide> struct FeedForward {
  using Up = Linear<Width, Wide>;
  using Down = Linear<Wide, Width>;
  BOOST_HANA_DEFINE_STRUCT(FeedForward, (Up, up), (Down, down));

  /// [..., Width] -> the same
  template <Shaped X> auto operator()(X&& given) const {
    const auto x = named(std::forward<X>(given));
    return within(*this, x, [&] { return down(gelu_tanh(up(x))); });
  }
};

/// y = down(silu(gate(x)) * up(x)), without biases (Shazeer, arXiv 2002.05202, equation 6: SwiGLU).
template <Axis Width, Axis Wide> struct GatedFeedForward {
  using Open = UnbiasedLinear<Width, Wide>;
  using Down = UnbiasedLinear<Wide, Width>;
  BOOST_HANA_DEFINE_STRUCT(GatedFeedForward, (Open, gate), (Open, up), (Down, down));

  /// [..., Width] -> the same
  template <Shaped X> auto operator()(X&& given) const {
    const auto x = named(std::forward<X>(given));
    return within(*this, x, [&] { return down(silu(gate(x)) * up(x)); });
  }
};

}  // namespace vitrine
