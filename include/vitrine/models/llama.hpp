#pragma once
#include <array>

#include "vitrine/layers/embedding.hpp"
#include "vitrine/layers/transformer_block.hpp"

namespace vitrine {

/// A decoder in the manner of Llama (Touvron et al., arXiv 2302.13971, section 2.2): rotary positions, RMS norms, gated
/// feed-forward layers, heads that share keys and values; the last layer is the embedding read the other way.
template <Axis batch, Axis time, Axis token, Axis width, Axis head, Axis kv_head, Axis wide, std::size_t depth>
struct Llama {
  using Stream = Tensor<batch, time, width>;
  using Tokens = Embedding<token, width, normal(0.02f)>;
  using Blocks = std::array<LlamaBlock<time, width, head, kv_head, wide>, depth>;
  using Norm = RmsNorm<width>;
  BOOST_HANA_DEFINE_STRUCT(Llama, (Tokens, tokens), (Blocks, blocks), (Norm, norm));

  Tensor<batch, time, token> operator()(Indices<batch, time> text) const {
    Stream x = tokens(text);
    for (const auto& block : blocks) x = block(x);
    return tokens.scores(norm(x));
  }
};

}  // namespace vitrine
