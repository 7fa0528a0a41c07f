#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "milestones/01_perceptron/two_classes.hpp"
#include "runtime/pool.hpp"
#include "runtime/states.hpp"
#include "tools/progress.hpp"
#include "vitrine/graph.hpp"

namespace vitrine {

/// Two classes to tell apart, a perceptron that is taught to (a graph with the states "weight" and "bias", the inputs
/// "x" and "target", the outputs "s" and "y"), and how that went.
struct Lesson {
  std::string one, zero;  // the classes' names
  TwoClasses learn, test;
  States states{};
  std::vector<std::size_t> mistakes{};  // of each epoch, while learning
  std::vector<double> accuracy{};       // on the test images after each epoch, in percent
  std::vector<float> s{}, y{};          // of the test images, after the last
  bool bias_moved = false;              // after any epoch: it may well come back to 0

  std::string name() const { return one + " against " + zero; }
  std::span<const float> weight() const;
  float bias() const;  // 0 where it was left out

  /// Shows `step`, a graph for one image, every image of `learn` `epochs` times, in an order that the seed and the
  /// epoch give; after each epoch `testing`, a graph for all of `test` at once, is asked. With `debug_nans` a run of
  /// either stops at a NaN (see tools/nan_watcher.hpp).
  void teach(const Graph& step, const Graph& testing, int epochs, std::uint64_t seed, bool debug_nans, Pool&,
             Progress&);
};

/// weights.svg, mistakes.svg and accuracy.svg of all lessons, answers.svg of the last.
void draw_lessons(const std::filesystem::path& folder, std::span<const Lesson* const> lessons);

}  // namespace vitrine
