#include "tools/text_program.hpp"

#include <fmt/format.h>

#include "compiler/specialize.hpp"
#include "tools/compiled.hpp"
#include "tools/model_training.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

Graph for_rows(const Graph& forward, std::size_t rows, std::size_t time) {
  TextAxes axes = text_axes(forward);
  axes.batch.size = rows;
  axes.time.size = time;
  return specialize(forward, std::array{axes.batch, axes.time});
}

}  // namespace

TextAxes text_axes(const Graph& forward) {
  const Value token = forward.find("token");
  const auto y = std::ranges::find(forward.outputs(), "y", [](const auto& output) { return output.first; });
  if (!token || token.type().dtype != DType::i32 || token.type().shape.rank() != 2 || y == forward.outputs().end() ||
      y->second.type().shape.rank() != 3)
    throw UsageError("graph '" + forward.name() +
                     "' is no language model: it wants an input 'token' i32[batch, time] and an output 'y' f32[batch, "
                     "time, vocabulary]");
  const TextAxes axes{token.type().shape[0], token.type().shape[1], y->second.type().shape[2]};
  if (!axes.batch.named() || !axes.time.named() || !axes.vocabulary.named())
    throw UsageError("graph '" + forward.name() +
                     "' has a batch, a time or a vocabulary without a name; name them, because a text decides how long "
                     "they are");
  return axes;
}

TextProgram::TextProgram(const Graph& forward, std::size_t rows, std::size_t time, States& states, Pool& pool,
                         bool debug_nans)
    : program_(compiled(for_rows(forward, rows, time), states, pool, inference_pipeline)), nothing_(rows * time) {
  if (debug_nans) watcher_ = nan_watcher(true, for_rows(forward, rows, time), inference_pipeline);
}

void TextProgram::run(std::span<const std::int32_t> tokens, std::span<const std::int32_t> next) {
  if (tokens.size() != nothing_.size() || (!next.empty() && next.size() != nothing_.size()))
    throw InternalError(fmt::format("a text program for {} tokens was given {}", nothing_.size(), tokens.size()));
  program_.bind_input("token", tokens.data());
  program_.bind_input("next", next.empty() ? nothing_.data() : next.data());
  run_watched(program_, watcher_.get(), [&] { return program_.plan().name + ": in use"; });
}

std::span<const float> TextProgram::output(const std::string& name) const { return floats_in(program_.output(name)); }

std::size_t windows_in(const Graph& forward, std::span<const std::int32_t> held_out) {
  const std::size_t time = text_axes(forward).time.size;
  if (held_out.size() > time) return (held_out.size() - 1) / time;
  throw InputError(
      fmt::format("{}: the held-out tenth of the text has {} tokens, fewer than a window of {} and the one behind it; "
                  "use a longer text",
                  forward.name(), held_out.size(), time));
}

MeanLoss::MeanLoss(const Graph& forward, std::span<const std::int32_t> tokens, States& states, Pool& pool,
                   bool debug_nans)
    : tokens_(tokens), time_(text_axes(forward).time.size), windows_(windows_in(forward, tokens)) {
  together_ = std::min(windows_, text_axes(forward).batch.size);
  full_ = std::make_unique<TextProgram>(forward, together_, time_, states, pool, debug_nans);
  if (windows_ % together_)
    rest_ = std::make_unique<TextProgram>(forward, windows_ % together_, time_, states, pool, debug_nans);
}

double MeanLoss::operator()() {
  double sum = 0;
  for (std::size_t first = 0; first < windows_; first += together_) {
    const std::size_t rows = std::min(together_, windows_ - first);
    TextProgram& program = rows == together_ ? *full_ : *rest_;
    program.run(tokens_.subspan(first * time_, rows * time_), tokens_.subspan(first * time_ + 1, rows * time_));
    sum += static_cast<double>(program.loss()) * static_cast<double>(rows);
  }
  return sum / static_cast<double>(windows_);
}

}  // namespace vitrine
