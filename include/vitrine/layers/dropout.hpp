#pragma once
#include <set>

#include "vitrine/layers/random_states.hpp"
#include "vitrine/model.hpp"
#include "vitrine/ops/dropout.hpp"
#include "vitrine/ops/when_training.hpp"

namespace vitrine {

/// In training, each element is 0 with probability Rate, else divided by 1 - Rate; in use, y = x. Every Dropout of a
/// model draws from a stream of its own, the first that no other has, unless it is given one.
template <Float Rate, std::int64_t Stream = -1> struct Dropout {
  /// [...] -> the same
  template <Shaped X> auto operator()(X&& x) const {
    if constexpr (is_refused<X>) {
      return Refused{};
    } else if constexpr (constexpr Inferred made = infer(Drop{Rate, 0}, std::remove_cvref_t<X>::type, i32<2>, i32<>);
                         !made.ok()) {
      stop_the_build<made.why>();
      return Refused{};
    } else {
      auto in = named(std::forward<X>(x));
      Graph& graph = *in.value.graph;
      const std::int64_t stream = Stream >= 0 ? Stream : free_stream(graph);
      const Value dropped = emit(Drop{Rate, stream}, {in.value, random_seed(graph), random_step(graph)});
      return Part<decltype(in)>{decltype(in)(when_training(dropped, in.value))};
    }
  }

 private:
  static std::int64_t free_stream(Graph& graph) {
    std::set<std::int64_t> taken;
    for (Value v : graph.users(random_seed(graph)))
      if (const Drop* drop = as<Drop>(v)) taken.insert(drop->stream);
    std::int64_t stream = 0;
    while (taken.contains(stream)) ++stream;
    return stream;
  }
};

}  // namespace vitrine
