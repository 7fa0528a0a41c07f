#pragma once
// A regression small enough to differentiate by hand, and its training: what tests of optimizers share.
#include <cmath>

#include "tests/training_by_reference.hpp"
#include "vitrine/ops.hpp"

namespace vitrine::linear_regression {

inline constexpr std::size_t rows = 4, in = 3, out = 2, runs = 24;
inline const std::vector<double> first_weight{0.5, -0.25, 0.125, 0.75, -0.5, 0.25}, first_bias{0.25, -0.5};

inline Graph linear() {
  Graph graph("linear");
  const Value x = graph.input("x", f32<rows, in>), t = graph.input("t", f32<rows, out>);
  const Value w = graph.state("up.weight", f32<in, out>), b = graph.state("up.bias", f32<out>);
  const Value error = matmul(x, w) + b - t;
  graph.output("loss", mean(error * error));
  return graph;
}

struct Batch {
  std::vector<double> x, t;
};
/// Other data in every run, so that a rule that is wrong about the past shows.
inline Batch batch(std::size_t run) {
  Batch made;
  const double s = static_cast<double>(run);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t k = 0; k < in; ++k) made.x.push_back(std::sin(1 + 7 * s + 3 * double(i) + double(k)));
    for (std::size_t k = 0; k < out; ++k) made.t.push_back(std::cos(2 + 5 * s + 2 * double(i) + double(k)));
  }
  return made;
}

/// All parameters in one row: the weight, then the bias.
using Row = std::vector<double>;
inline Row joined(const Row& w, const Row& b) {
  Row made = w;
  made.insert(made.end(), b.begin(), b.end());
  return made;
}

inline TrainingByReference training(const Optimizer& optimizer, std::span<const std::string> frozen = {}) {
  return {training_step(linear(), optimizer, frozen), {{"up.weight", first_weight}, {"up.bias", first_bias}}};
}
inline Row parameters(const TrainingByReference& t) { return joined(t.state("up.weight"), t.state("up.bias")); }

inline Row trained(const Optimizer& optimizer) {
  TrainingByReference steps = training(optimizer);
  for (std::size_t run = 0; run < runs; ++run) {
    const Batch now = batch(run);
    steps.run({{"x", now.x}, {"t", now.t}});
  }
  return parameters(steps);
}

}  // namespace vitrine::linear_regression
