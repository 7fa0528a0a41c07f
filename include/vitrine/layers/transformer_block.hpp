#pragma once
#include "vitrine/layers/feed_forward.hpp"
#include "vitrine/layers/layer_norm.hpp"
#include "vitrine/layers/self_attention.hpp"

namespace vitrine {

/// A pre-norm block: x + attention(norm(x)), then h + feed_forward(norm(h)) (Xiong et al., arXiv 2002.04745, figure
/// 1b). What is added runs past every block untouched, so that gradients reach the first.
template <class Norm, class Mix, class Mlp> struct Block {
  BOOST_HANA_DEFINE_STRUCT(Block, (Norm, before_attention), (Mix, attention), (Norm, before_mlp), (Mlp, mlp));

  /// [batch, time, width] -> the same
  template <Shaped X> auto operator()(X&& given) const {
    const auto x = named(std::forward<X>(given));
    return within(*this, x, [&] {
      const auto h = named(x + attention(before_attention(x)));
      return h + mlp(before_mlp(h));
    });
  }
};

/// GPT-2's: layer norm, biases, gelu, four times the width inside.
template <Axis Time, Axis Width, Axis Head, Looks L = causal>
using GptBlock = Block<LayerNorm<Width>, SelfAttention<Time, Width, Head, L>, FeedForward<Width, 4 * Width>>;

/// Llama's: RMS norm, rotary positions, grouped heads, a gate; Wide is what is inside.
template <Axis Time, Axis Width, Axis Head, Axis KvHead, Axis Wide, Looks L = causal>
using LlamaBlock = Block<RmsNorm<Width>, RotaryAttention<Time, Width, Head, KvHead, L>, GatedFeedForward<Width, Wide>>;

}  // namespace vitrine
