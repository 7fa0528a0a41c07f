#pragma once
#include "compiler/boundary.hpp"
#include "compiler/passes.hpp"
#include "compiler/reference.hpp"

namespace vitrine {

/// What came of trying one rewrite on several sets of values.
struct Trial {
  std::size_t trials = 0, elements = 0;  // sets of values, and elements compared in all of them
  double worst = 0;                      // the largest deviation as a share of what the contract allows
  std::string why{};                     // how it broke its contract; empty: it kept it
  bool is_kernels_fault = false;         // a group computes what its nodes do one by one, and that is wrong
  Values<float> leaves{};                // on which it broke it
  Graph piece{};                         // both sides, handed out
};

/// Pieces that were tried on every turn: an equal one is tried on its own values only.
using Tried = std::set<std::string>;

/// A replacement: both sides computed by definition, from whatever their boundary lets in. `values`: of every node that
/// was there before, when the graph ran on its own leaves. What breaks on free values is tried again with more of the
/// graph around it, until nothing that is free depends on anything else that is.
Trial try_replacement(const Graph& after, const Moment&, const Rewrite&, const Pass&, const Values<float>& values,
                      Tried&);

/// A graph made ready to run: from its leaves its outputs and the next values of its states, by node id.
using Runnable = std::function<Values<float>(const Values<float>& leaves)>;
using Loader = std::function<Runnable(const Graph&)>;

/// A group: its nodes as one compiled step and one by one, to the bit, and near what they are in double.
Trial try_group(const Graph& after, const Moment&, const Rewrite&, const Loader&, const Values<float>& values, Tried&);

/// How two tensors of one type differ, every NaN counted as one: "[0, 3] is 1.5 and was 2"; empty if they do not.
std::string first_difference(const Type&, std::span<const std::byte> was, std::span<const std::byte> is);

}  // namespace vitrine
