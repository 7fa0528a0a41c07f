#pragma once
#include "runtime/pool.hpp"
#include "tools/image_task.hpp"
#include "tools/knock_out.hpp"
#include "tools/training.hpp"

namespace vitrine {

/// One classifier in training: its states, its step, how it began and how it went.
class ImageTraining {
 public:
  /// Makes the states: at random by the seed, or the parameters of options.load. Both arguments must outlive this
  /// object.
  ImageTraining(const ImageTask&, const RunOptions&);
  // Programs run on the states where they are.
  ImageTraining(const ImageTraining&) = delete;
  ImageTraining& operator=(const ImageTraining&) = delete;

  /// Trains to the end, going on from the file that options.resume means; prints what it does. How many epochs it has
  /// is decided when it begins, as the rate falls to 0 with the last: --resume with other --epochs is refused like any
  /// other option that decides bits. To train longer, begin a new training with --load.
  void run();

  const Graph& forward() const { return knocked_.forward; }  // without what --without takes
  const Graph& step() const { return step_; }
  States& states() { return states_; }
  Pool& pool() { return pool_; }
  /// Each parameter as the training began, and the length of its gradient then.
  const std::map<std::string, std::vector<float>>& begin() const { return begin_; }
  const std::map<std::string, double>& gradient_norms() const { return gradient_norms_; }
  std::span<const float> losses() const { return state_.losses; }
  std::size_t batches_per_epoch() const;
  int epochs() const;
  double seconds() const { return seconds_; }

 private:
  Graph step_of(const Graph& forward) const;
  std::map<std::string, std::string> options_for_file() const;
  void resume();

  const ImageTask& task_;
  const RunOptions& options_;
  KnockedOut knocked_;
  Graph step_;
  Pool pool_;
  States states_;
  std::optional<Program> full_{}, rest_{};
  std::map<std::string, std::vector<float>> begin_{};
  std::map<std::string, double> gradient_norms_{};
  TrainingState state_{};
  double seconds_ = 0;
};

/// The parameters of a model: its f32 states, but those that a forward graph changes itself (running means).
std::vector<std::string> parameters_of(const Graph& forward);

/// The elements of a state, an input or an output.
std::span<const float> floats_in(std::span<const std::byte> bytes);

}  // namespace vitrine
