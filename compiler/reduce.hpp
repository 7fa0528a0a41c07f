#pragma once
#include <functional>

#include "vitrine/graph.hpp"

namespace vitrine {

using Fails = std::function<bool(const Graph&)>;

struct ReduceOptions {
  std::size_t tries = 1000;  // how often the check is asked; then what is smallest so far is handed out
  /// Called after each time with the smallest graph so far.
  std::function<void(const Graph& smallest)> after_try{};
};

/// A smaller graph on which the check still fails, if it fails on this one (which is not asked): by the cuts of
/// compiler/cuts.hpp, as many of a kind at once as the check lets go, then halves, down to single ones, until none is
/// left that the check lets go (or `tries` is used up). The check only sees graphs that the verifier accepts, and none
/// twice. The same graph and the same answers give the same result.
/// After Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002), without its complements:
/// cuts here are not independent, and what one made possible is found by going through all of them again.
Graph reduced(const Graph&, const Fails&, const ReduceOptions& = {});

/// Every graph that one single cut makes of it. A reduced graph has none among them on which its check fails.
std::vector<Graph> cut_once(const Graph&);

}  // namespace vitrine
