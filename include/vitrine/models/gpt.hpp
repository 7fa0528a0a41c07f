#pragma once
#include <array>

#include "vitrine/layers/embedding.hpp"
#include "vitrine/layers/positions.hpp"
#include "vitrine/layers/transformer_block.hpp"

namespace vitrine {

/// A decoder in the manner of GPT-2 (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019,
/// section 2.3), its last layer not tied to its first: from tokens to a score for each token that may come next.
template <Axis batch, Axis time, Axis token, Axis width, Axis head, std::size_t depth> struct Gpt {
  using Stream = Tensor<batch, time, width>;
  using Tokens = Embedding<token, width>;
  using Positions = LearnedPositions<time, width>;
  using Blocks = std::array<GptBlock<time, width, head>, depth>;
  using Norm = LayerNorm<width>;
  using Scores = UnbiasedLinear<width, token>;
  BOOST_HANA_DEFINE_STRUCT(Gpt, (Tokens, tokens), (Positions, positions), (Blocks, blocks), (Norm, norm),
                           (Scores, scores));

  Tensor<batch, time, token> operator()(Indices<batch, time> text) const {
    Stream x = tokens(text) + positions();
    for (const auto& block : blocks) x = block(x);
    return scores(norm(x));
  }
};

}  // namespace vitrine
