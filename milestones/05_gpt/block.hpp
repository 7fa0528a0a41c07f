#pragma once
// A transformer's block from which parts can be left out, to see what each does. With all of them it is GptBlock.
#include <array>

#include "vitrine/layers/transformer_block.hpp"

namespace vitrine::transformer {

/// Read while the model is traced: a graph has only what it was traced with.
struct Parts {
  bool attention = true;  // else each place reads itself only
  bool positions = true;  // else the order of tokens is lost
  bool residual = true;   // else a block's result takes the place of what came in
  bool norm = true;       // else numbers go in as they are
  bool mask = true;       // else a place sees what follows it
};
Parts all_but(const std::vector<std::string>& left_out);

template <Axis batch, Axis time, Axis width, Axis head, Looks looks> struct Block {
  using Stream = Tensor<batch, time, width>;
  using Norm = LayerNorm<width>;
  using Attention = SelfAttention<time, width, head>;
  using Mlp = FeedForward<width, 4 * width>;
  BOOST_HANA_DEFINE_STRUCT(Block, (Norm, before_attention), (Attention, attention), (Norm, before_mlp), (Mlp, mlp));

  Stream operator()(Stream x, const Parts& with) const {
    return within(*this, x, [&] {
      Stream read = with.norm ? Stream(before_attention(x)) : x;
      if (with.attention)
        read = with.mask ? attention.template looking<looks>(read) : attention.template looking<everywhere>(read);
      Stream h = with.residual ? Stream(x + read) : read;
      Stream made = mlp(with.norm ? Stream(before_mlp(h)) : h);
      return with.residual ? Stream(h + made) : made;
    });
  }
};

}  // namespace vitrine::transformer
