#pragma once
// Rosenblatt's perceptron on paper, in whole numbers, to hold against what the compiled graph did.
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "milestones/01_perceptron/two_classes.hpp"
#include "tools/data/shuffle.hpp"

namespace vitrine {

/// What learning left behind: weights, bias, and the mistakes of each epoch.
struct LearnedByHand {
  std::vector<std::int64_t> weight{};
  std::int64_t bias = 0;
  std::vector<std::size_t> mistakes{};
};

/// One image after the other, in the order that the seed gives each epoch: where the answer is wrong, the pixels that
/// are on and the bias take a step of 1 towards the target.
inline LearnedByHand rule_by_hand(const TwoClasses& set, int epochs, std::uint64_t seed) {
  const std::size_t pixels = set.rows * set.columns;
  LearnedByHand learned{.weight = std::vector<std::int64_t>(pixels), .bias = 0, .mistakes = {}};
  for (int epoch = 0; epoch < epochs; ++epoch) {
    learned.mistakes.push_back(0);
    for (std::size_t i : shuffled(set.count, seed, static_cast<std::uint64_t>(epoch))) {
      const std::span<const float> x = std::span(set.pixels).subspan(i * pixels, pixels);
      std::int64_t s = learned.bias;
      for (std::size_t p = 0; p < pixels; ++p) s += x[p] > 0 ? learned.weight[p] : 0;
      const int target = set.targets[i] > 0, answer = s > 0, step = target - answer;
      if (step == 0) continue;
      ++learned.mistakes.back();
      for (std::size_t p = 0; p < pixels; ++p) learned.weight[p] += x[p] > 0 ? step : 0;
      learned.bias += step;
    }
  }
  return learned;
}

/// s = x W + b for one image, in double.
inline double excitation_by_hand(std::span<const float> x, std::span<const float> weight, float bias) {
  double s = static_cast<double>(bias);
  for (std::size_t p = 0; p < x.size(); ++p) s += static_cast<double>(x[p]) * static_cast<double>(weight[p]);
  return s;
}

inline double sigmoid_by_hand(double s) { return 1 / (1 + std::exp(-s)); }

}  // namespace vitrine
