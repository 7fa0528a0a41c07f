#pragma once
// Where in a text a token stands. Attention by itself sees a set: without one of these, order is lost. (Rotary
// positions turn queries and keys instead: ops/rotary.hpp.) All count from iota<Time>, so a graph follows when its time
// changes.
#include "vitrine/model.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/cast.hpp"
#include "vitrine/ops/concat.hpp"
#include "vitrine/ops/cos.hpp"
#include "vitrine/ops/exp.hpp"
#include "vitrine/ops/gather.hpp"
#include "vitrine/ops/iota.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/sin.hpp"

namespace vitrine {

/// A row of numbers for each place, learned: weight [place, Width], normal with deviation 1, as an Embedding's. The
/// table is gathered by place and never sliced, so it stays whole where a graph is specialized to a shorter time.
template <Axis Time, Axis Width> struct LearnedPositions {
  static constexpr Axis place{"place", Time.size};
  using Weight = Parameter<normal(1), place, Width>;
  BOOST_HANA_DEFINE_STRUCT(LearnedPositions, (Weight, weight));

  /// [Time, Width]
  auto operator()() const { return within(*this, gather(weight, iota<Time>())); }
};

/// Waves of many lengths, nothing learned (Vaswani et al., arXiv 1706.03762, section 3.5):
///   y[t, 2i] = sin(t / 10000^(2i / Width)), y[t, 2i + 1] = cos of the same
/// [Time, Width], within a larger expression, from which it has its graph.
template <Axis Time, Axis Width> auto sinusoidal_positions() {
  if constexpr (Width.size % 2 == 0) {
    static constexpr Axis pair{"pair", Width.size / 2};  // static, or clang would want it captured
    constexpr float shrink =
        static_cast<float>(-2 * 9.210340371976184 / static_cast<double>(Width.size));  // -2 ln 10^4
    const auto angle = [] {
      return reshape<Time, 1>(cast<DType::f32>(iota<Time>())) * exp(cast<DType::f32>(iota<pair>()) * shrink);
    };
    return reshape<Time, Width>(concat<-1>(reshape<Time, pair, 1>(sin(angle())), reshape<Time, pair, 1>(cos(angle()))));
  } else {
    stop_the_build<Sentence{} << "sinusoidal_positions: " << Width << " is odd; each sine wants its cosine">();
    return Refused{};
  }
}

}  // namespace vitrine
