#pragma once
// One model in training, whatever it learns from: its states, its step, how it began and how it went.
#include "runtime/pool.hpp"
#include "tools/knock_out.hpp"
#include "tools/training.hpp"
#include "vitrine/project.hpp"

namespace vitrine {

/// What is trained, and on what.
struct TrainingTask {
  std::string name;      // of the project: for progress and errors
  const Graph& forward;  // as traced, with the output "loss"
  const Dataset& data;   // its fields are the graph's inputs
  std::string unit;      // what an example is: "image"
  Axis batch;            // the axis of the examples
  Optimizer optimizer;   // its rate falls to 0 as a cosine over the whole training, unless it has a schedule of its own
  int epochs = 1;        // if options.epochs says nothing
  std::vector<std::string> without{};             // what knock_out takes from the graph
  std::vector<std::string> frozen{};              // parameters that are not trained, beside those
  std::map<std::string, std::string> identity{};  // what else decides every bit: "data" -> "60000 images ..."
  /// Called behind every epoch; what it answers is printed, if there is anything.
  std::function<std::string()> after_epoch{};
};

class ModelTraining {
 public:
  /// Makes the states: at random by the seed, or the parameters of options.load. What the task refers to, and both
  /// arguments, must outlive this object.
  ModelTraining(TrainingTask, const RunOptions&);
  // Programs run on the states where they are.
  ModelTraining(const ModelTraining&) = delete;
  ModelTraining& operator=(const ModelTraining&) = delete;

  /// Trains to the end, going on from the file that options.resume means; prints what it does. How many epochs it has
  /// is decided when it begins, as the rate falls to 0 with the last: --resume with other --epochs is refused like any
  /// other option that decides bits. To train longer, begin a new training with --load.
  void run();

  const Graph& forward() const { return knocked_.forward; }  // without what --without takes
  const Graph& step() const { return step_; }
  const TrainingTask& task() const { return task_; }
  States& states() { return states_; }
  const States& states() const { return states_; }
  Pool& pool() { return pool_; }
  /// Each parameter as the training began, and the length of its gradient then.
  const std::map<std::string, std::vector<float>>& begin() const { return begin_; }
  const std::map<std::string, double>& gradient_norms() const { return gradient_norms_; }
  std::span<const float> losses() const { return state_.losses; }
  std::vector<double> mean_losses() const { return epoch_losses(losses(), task_.data.count(), task_.batch.size); }
  std::size_t batches_per_epoch() const;
  int epochs() const { return options_.epochs ? options_.epochs : task_.epochs; }
  double seconds() const { return seconds_; }

 private:
  Graph step_of(const Graph& forward) const;
  std::map<std::string, std::string> options_for_file() const;
  void resume();

  TrainingTask task_;
  const RunOptions& options_;
  KnockedOut knocked_;
  Graph step_;
  Pool pool_;
  States states_;
  std::optional<Program> full_{}, rest_{};
  std::unique_ptr<NanWatcher> full_watcher_{}, rest_watcher_{};
  std::map<std::string, std::vector<float>> begin_{};
  std::map<std::string, double> gradient_norms_{};
  TrainingState state_{};
  double seconds_ = 0;
};

/// The parameters of a model: its f32 states, but those that a forward graph changes itself (running means).
std::vector<std::string> parameters_of(const Graph& forward);

/// The same graph for another number of examples.
Graph for_examples(const Graph& forward, Axis batch, std::size_t examples);

/// The elements of a state, an input or an output.
std::span<const float> floats_in(std::span<const std::byte> bytes);

}  // namespace vitrine
