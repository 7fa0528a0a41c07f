#pragma once
// Attention of a text to itself: each place asks (query), every place it may look at answers (key) and is read (value).
#include "vitrine/as.hpp"
#include "vitrine/layers/linear.hpp"
#include "vitrine/ops/attention.hpp"
#include "vitrine/ops/iota.hpp"
#include "vitrine/ops/permute.hpp"
#include "vitrine/ops/rotary.hpp"
#include "vitrine/ops/split.hpp"

namespace vitrine {

/// How the width is shared out among heads, by axis names that every attention layer uses.
template <Axis Time, Axis Width, Axis Head> struct HeadAxes {
  static constexpr bool even = Head.size > 0 && Width.size % Head.size == 0;
  static constexpr Axis each{"each", even ? Width.size / Head.size : 0};
  static constexpr Axis key{"key", Time.size};
  static constexpr Axis mixed{"mixed", Width.size};  // all heads side by side

  /// Says so where the heads cannot share the width evenly.
  static constexpr Refused refuse() {
    stop_the_build<Sentence{} << "attention: " << Width << " is no multiple of " << Head
                              << "; give each head as many numbers">();
    return {};
  }
};

/// [batch, time, side by side] -> [batch, Head, time, Each]: only another way to look at the same numbers.
template <Axis Mixed, Axis Head, Axis Each> constexpr auto split_heads(Shaped auto&& x) {
  return permute<0, 2, 1, 3>(split<Mixed, Head, Each>(std::forward<decltype(x)>(x)));
}
/// [batch, Head, time, Each] -> [batch, time, side by side]
template <Axis Mixed, Axis Head, Axis Each> constexpr auto merge_heads(Shaped auto&& x) {
  return merge<Mixed, Head, Each>(permute<0, 2, 1, 3>(std::forward<decltype(x)>(x)));
}

/// Multi-head attention (Vaswani et al., arXiv 1706.03762, section 3.2.2), by default to what came before:
/// y = merged(attention(query(x), keys(x), values(x))). The keys have no bias: it would add the same to every score of
/// a query, which a softmax takes away again.
template <Axis Time, Axis Width, Axis Head, Looks L = causal> struct SelfAttention {
  using Axes = HeadAxes<Time, Width, Head>;
  using Project = Linear<Width, Axes::mixed>;
  using Unbiased = UnbiasedLinear<Width, Axes::mixed>;
  using Merge = Linear<Axes::mixed, Width>;
  BOOST_HANA_DEFINE_STRUCT(SelfAttention, (Project, query), (Unbiased, keys), (Project, values), (Merge, merged));

  /// [batch, Time, Width] -> the same
  template <Shaped X> auto operator()(X&& x) const { return looking<L>(std::forward<X>(x)); }

  /// The same with another mask.
  template <Looks Other, Shaped X> auto looking(X&& given) const {
    if constexpr (Axes::even) {
      const auto x = named(std::forward<X>(given));
      return within(*this, x, [&] {
        const auto q = named(split_heads<Axes::mixed, Head, Axes::each>(query(x)));
        const auto k = named(as<Time, Axes::key>(split_heads<Axes::mixed, Head, Axes::each>(keys(x))));
        const auto v = named(as<Time, Axes::key>(split_heads<Axes::mixed, Head, Axes::each>(values(x))));
        return merged(merge_heads<Axes::mixed, Head, Axes::each>(attention<Other>(q, k, v)));
      });
    } else {
      return Axes::refuse();
    }
  }
};

/// The same as later decoders have it (Touvron et al., arXiv 2302.13971, section 2.2): queries and keys turned by their
/// place (rotary positions), no biases, and fewer heads for keys and values than for queries: each serves Head / KvHead
/// of them (Ainslie et al., arXiv 2305.13245).
template <Axis Time, Axis Width, Axis Head, Axis KvHead = Head, Looks L = causal> struct RotaryAttention {
  using Axes = HeadAxes<Time, Width, Head>;
  static constexpr Axis served{"served", KvHead.size* Axes::each.size};
  using Ask = UnbiasedLinear<Width, Axes::mixed>;
  using Answer = UnbiasedLinear<Width, served>;
  using Merge = UnbiasedLinear<Axes::mixed, Width>;
  BOOST_HANA_DEFINE_STRUCT(RotaryAttention, (Ask, query), (Answer, keys), (Answer, values), (Merge, merged));

  /// [batch, Time, Width] -> the same
  template <Shaped X> auto operator()(X&& given) const {
    if constexpr (Axes::even) {
      const auto x = named(std::forward<X>(given));
      return within(*this, x, [&] {
        const auto q = named(rotary(split_heads<Axes::mixed, Head, Axes::each>(query(x)), iota<Time>()));
        const auto k =
            named(as<Time, Axes::key>(rotary(split_heads<served, KvHead, Axes::each>(keys(x)), iota<Time>())));
        const auto v = named(as<Time, Axes::key>(split_heads<served, KvHead, Axes::each>(values(x))));
        return merged(merge_heads<Axes::mixed, Head, Axes::each>(attention<L>(q, k, v)));
      });
    } else {
      return Axes::refuse();
    }
  }
};

}  // namespace vitrine
