#pragma once
// A language model in use: rows of tokens in, scores out.
#include <map>

#include "runtime/pool.hpp"
#include "runtime/program.hpp"
#include "tools/nan_watcher.hpp"

namespace vitrine {

/// The axes of a language model's graph: of its input "token" [batch, time], and the last of its output "y".
struct TextAxes {
  Axis batch, time, vocabulary;
};
/// Throws UsageError for a graph without them, or where one has no name to specialize it by.
TextAxes text_axes(const Graph& forward);

/// A forward graph in the form that a model has in use, for so many rows of so many tokens, on given parameters.
class TextProgram {
 public:
  /// With `debug_nans` a run stops at a NaN (see nan_watcher.hpp).
  TextProgram(const Graph& forward, std::size_t rows, std::size_t time, States&, Pool&, bool debug_nans = false);

  /// `tokens`, and `next` if the loss is wanted: i32[rows, time], read until the next run.
  void run(std::span<const std::int32_t> tokens, std::span<const std::int32_t> next = {});
  /// An output's elements, until the next run.
  std::span<const float> output(const std::string& name) const;
  float loss() const { return program_.scalar("loss"); }

 private:
  Program program_;
  std::unique_ptr<NanWatcher> watcher_{};
  std::vector<std::int32_t> nothing_;  // stands for `next` where no loss is wanted
};

/// How many windows of a model's time lie side by side in a text that was held out, each with the token behind it.
/// InputError for a text that has not one.
std::size_t windows_in(const Graph& forward, std::span<const std::int32_t> held_out);

/// The mean loss of the graph over those windows, in nats.
class MeanLoss {
 public:
  MeanLoss(const Graph& forward, std::span<const std::int32_t> tokens, States&, Pool&, bool debug_nans = false);
  double operator()();

 private:
  std::span<const std::int32_t> tokens_;
  std::size_t time_, together_, windows_;
  std::unique_ptr<TextProgram> full_{}, rest_{};
};

}  // namespace vitrine
