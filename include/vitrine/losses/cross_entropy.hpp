#pragma once
// Cross entropy with what not every model needs. What is not asked for adds no node to the graph.
#include "vitrine/losses.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/cast.hpp"
#include "vitrine/ops/div.hpp"
#include "vitrine/ops/gather.hpp"
#include "vitrine/ops/log_softmax.hpp"
#include "vitrine/ops/logical_not.hpp"
#include "vitrine/ops/neg.hpp"
#include "vitrine/ops/where.hpp"

namespace vitrine {

/// How cross entropy reads the labels.
struct Labels {
  static constexpr std::int32_t none = -2147483647 - 1;
  Float smoothing = 0.f;        // this share (0 to 1) of every label is spread evenly over all classes, its own too
  std::int32_t ignored = none;  // rows with this label do not count; it may be one that no class has, as -100
};

/// An operand that is read more than once.
template <Shaped X> auto kept(X&& x) { return named(std::forward<X>(x)); }
inline Value kept(Value x) { return x; }

/// Logits [..., C], labels i32[...] and, if given, a weight for each class [C] -> f32[], as in
/// cross_entropy<Labels{.smoothing = 0.1f, .ignored = -100}>(logits, labels, weights).
///
/// With p = softmax(x), s the smoothing, w the weights (1 if not given) and c the label of a row, a row's loss is
///   (1 - s) w[c] (-log p[c]) + s / C (sum over k of w[k] (-log p[k]))      (Szegedy et al., arXiv 1512.00567, section
///   7)
/// and the result is the sum of the losses of the rows that count / the sum of w[c] over them: with weights it is a
/// weighted mean (PyTorch's CrossEntropyLoss, reduction "mean"). Of no row that counts it is NaN. A run throws
/// InputError for a label that is neither a class nor the ignored one.
template <Labels L, Operand... Weights>
constexpr auto cross_entropy(Operand auto&& logits, Operand auto&& labels, Weights&&... class_weights) {
  static_assert(sizeof...(Weights) <= 1, "cross_entropy: wants logits, labels and at most one tensor of class weights");
  static_assert(L.smoothing >= 0.f && L.smoothing <= 1.f, "cross_entropy: Labels::smoothing is not from 0 to 1");
  constexpr bool weighted = sizeof...(Weights) == 1, ignores = L.ignored != Labels::none;
  constexpr float share = L.smoothing;
  const auto x = kept(std::forward<decltype(logits)>(logits));
  const auto given = kept(std::forward<decltype(labels)>(labels));
  // Compared as floats, which is exact up to 2^24.
  const auto counts = [&] { return not_equal(cast<DType::f32>(given), static_cast<float>(L.ignored)); };
  // An ignored label becomes class 0, whose loss is then not taken.
  const auto label = [&] {
    if constexpr (ignores)
      return kept(given * cast<DType::i32>(counts()));
    else
      return given;
  }();
  const auto sum_of_counted = [&](const auto& rows) {
    if constexpr (ignores)
      return kept(sum(where(counts(), rows, 0.f)));
    else
      return kept(sum(rows));
  };

  // `weights` is one tensor or none: every part below is a product that may lack a factor.
  const auto loss = [&](const auto&... weights) {
    const auto of_label = kept(apply<CrossEntropy{}>(x, label));
    const auto own = kept((gather(weights, label) * ... * of_label));
    const auto rows = [&] {
      if constexpr (share == 0) {
        return own;
      } else {
        const auto even = kept(-mean<-1>((weights * ... * log_softmax(x))) * share);
        return kept(own * (1.f - share) + even);
      }
    }();
    if constexpr (!weighted && !ignores) {
      return mean(rows);
    } else {
      const auto total = sum_of_counted(rows);
      if constexpr (weighted)
        return total / sum_of_counted(kept((gather(weights, label), ...)));
      else
        return total / sum(cast<DType::f32>(counts()));
    }
  };
  return loss(kept(std::forward<Weights>(class_weights))...);
}

}  // namespace vitrine
