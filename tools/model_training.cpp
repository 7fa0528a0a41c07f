#include "tools/model_training.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "compiler/optimizers.hpp"
#include "compiler/print.hpp"
#include "compiler/specialize.hpp"
#include "runtime/checksum.hpp"
#include "tools/compiled.hpp"
#include "tools/data/batches.hpp"
#include "tools/parameter_file.hpp"
#include "tools/reference_checks.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

std::string counted(std::size_t count, const std::string& one, const std::string& many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

/// The rate falls to 0 over so many runs of the step, unless the project has a schedule of its own.
Optimizer with_cosine(Optimizer optimizer, std::int64_t runs) {
  std::visit(
      [&](auto& rule) {
        if (rule.rate.cosine_steps == 0 && rule.rate.drop_every == 0)
          rule.rate.cosine_steps =
              std::max<std::int64_t>(runs / std::max<std::int64_t>(rule.accumulate, 1) - rule.rate.warm_up_steps, 1);
      },
      optimizer);
  return optimizer;
}

/// The graph without its places: where a line stands in a program does not change what it computes.
std::string checksum_of(const Graph& graph) {
  std::string text;
  for (Value v : graph.topological()) text += line_of(v) + "\n";
  for (const auto& [state, next] : graph.updates()) text += name_of(state) + " = " + name_of(next) + "\n";
  return checksum(std::as_bytes(std::span(text)));
}

}  // namespace

ModelTraining::ModelTraining(TrainingTask task, const RunOptions& options)
    : task_(std::move(task)),
      options_(options),
      knocked_(knock_out(task_.forward, task_.without)),
      step_(step_of(knocked_.forward)),
      pool_(thread_count(options.threads)),
      states_(options.seed) {
  full_.emplace(compiled(step_, states_, pool_));
  full_watcher_ = nan_watcher(options.debug_nans, step_);
  // The examples that do not fill a last batch train too, with the same graph for a smaller batch.
  if (const std::size_t left = task_.data.count() % task_.batch.size) {
    const Graph rest = step_of(for_examples(knocked_.forward, task_.batch, left));
    rest_.emplace(compiled(rest, states_, pool_));
    rest_watcher_ = nan_watcher(options.debug_nans, rest);
  }
  if (!options_.load.empty()) {
    load_parameters(options_.load, task_.forward, states_);
    if (const std::string blame = not_finite(states_); !blame.empty())
      throw InputError(options_.load + ": " + blame + "; load parameters that are numbers");
  }
  for (const std::string& name : parameters_of(task_.forward)) {
    const auto now = floats_in(states_.contains(name) ? states_.bytes(name) : std::span<std::byte>());
    begin_[name] = {now.begin(), now.end()};
  }
}

std::size_t ModelTraining::batches_per_epoch() const {
  return (task_.data.count() + task_.batch.size - 1) / task_.batch.size;
}

Graph ModelTraining::step_of(const Graph& forward) const {
  const auto runs = static_cast<std::int64_t>(epochs()) * static_cast<std::int64_t>(batches_per_epoch());
  std::vector<std::string> frozen = knocked_.frozen;
  frozen.insert(frozen.end(), task_.frozen.begin(), task_.frozen.end());
  return training_step(forward, with_cosine(task_.optimizer, runs), frozen);
}

std::map<std::string, std::string> ModelTraining::options_for_file() const {
  std::map<std::string, std::string> made = task_.identity;
  made["seed"] = std::to_string(options_.seed);
  made["epochs"] = std::to_string(epochs());
  made["batch"] = std::to_string(task_.batch.size);
  made["quick"] = options_.quick ? "yes" : "no";
  made["without"] = fmt::format("{}", fmt::join(options_.without, ", "));
  made["load"] = options_.load;
  made[std::string(step_option)] = "the graph " + checksum_of(step_);
  return made;
}

void ModelTraining::resume() {
  if (!options_.resume) return;
  if (!std::filesystem::exists(options_.save)) {
    fmt::print("{} is not there yet: training begins\n", options_.save);
    return;
  }
  state_ = load_training(options_.save, task_.forward, states_, state_.options);
  fmt::print("going on from {}: {} of {}\n", options_.save, counted(state_.cursor.epoch, "epoch", "epochs"), epochs());
}

void ModelTraining::run() {
  // Every parameter's gradient at the start, on a few examples: the reference takes its time.
  Batches few(task_.data,
              {.size = std::min<std::size_t>(task_.batch.size, 4), .seed = options_.seed, .prefetch = false});
  const Batch& batch = few.next();
  gradient_norms_ = vitrine::gradient_norms(for_examples(knocked_.forward, task_.batch, batch.count()), states_, batch);

  state_.options = options_for_file();
  resume();
  fmt::print("training on {}: {} of {} of {}, {}\n", counted(task_.data.count(), task_.unit, task_.unit + "s"),
             counted(static_cast<std::size_t>(epochs()), "epoch", "epochs"),
             counted(batches_per_epoch(), "batch", "batches"), task_.batch.size,
             counted(static_cast<std::size_t>(pool_.threads()), "thread", "threads"));
  std::fflush(stdout);
  using Clock = std::chrono::steady_clock;
  Clock::duration looked{};  // what is looked at between epochs is no training
  const auto look = [&] {
    const auto begin = Clock::now();
    const std::string said = task_.after_epoch ? task_.after_epoch() : "";
    looked += Clock::now() - begin;
    return said;
  };
  const auto start = Clock::now();
  train({.title = task_.name,
         .model = task_.forward,
         .data = task_.data,
         .batch = task_.batch.size,
         .epochs = epochs(),
         .seed = options_.seed,
         .save = options_.save,
         .after_epoch = look},
        {*full_, rest_ ? &*rest_ : nullptr, states_, full_watcher_.get(), rest_watcher_.get()}, state_);
  seconds_ = std::chrono::duration<double>(Clock::now() - start - looked).count();
  fmt::print("trained in {:.2f} s\n", seconds_);
}

std::vector<std::string> parameters_of(const Graph& forward) {
  std::vector<std::string> found;
  for (Value v : forward.topological()) {
    const auto changes = [&](const auto& update) { return update.first == v; };
    if (v.node().leaf == Leaf::state && v.type().dtype == DType::f32 &&
        std::ranges::none_of(forward.updates(), changes))
      found.push_back(v.node().name);
  }
  return found;
}

Graph for_examples(const Graph& forward, Axis batch, std::size_t examples) {
  batch.size = examples;
  return specialize(forward, std::array{batch});
}

std::span<const float> floats_in(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
}

}  // namespace vitrine
