#pragma once
#include "vitrine/model.hpp"
#include "vitrine/ops/gather.hpp"
#include "vitrine/ops/matmul.hpp"

namespace vitrine {

/// A row of numbers for each token: weight [Token, Width], normal with deviation 1, as large as a norm makes what
/// blocks read; less where it is the last layer too, whose scores would begin that much too large. Its gradient is a
/// scatter_add, in the order of the text.
template <Axis Token, Axis Width, Init Begin = normal(1)> struct Embedding {
  using Weight = Parameter<Begin, Token, Width>;
  BOOST_HANA_DEFINE_STRUCT(Embedding, (Weight, weight));

  /// i32[...] -> [..., Width]. A run throws InputError for a number that is no token.
  template <Shaped X> auto operator()(X&& token) const {
    return within(*this, gather(weight, named(std::forward<X>(token))));
  }

  /// The same rows read the other way, as the last layer of a language model (Press and Wolf, arXiv 1608.05859): a
  /// token's score is the product of its row with x. Both uses add their gradients up, by an `accumulate` in the graph.
  /// [..., Width] -> [..., Token]
  template <Shaped X> auto scores(X&& x) const {
    return within(*this, matmul(named(std::forward<X>(x)), transpose(weight)));
  }
};

}  // namespace vitrine
