#pragma once
// The training loop: batches through a program, losses out, the whole state saved at the end of every epoch.
#include <functional>
#include <string>

#include "runtime/program.hpp"
#include "tools/checkpoint.hpp"
#include "tools/data/dataset.hpp"
#include "tools/nan_watcher.hpp"

namespace vitrine {

/// A training step compiled for whole batches, and for the examples that do not fill a last one (null where there are
/// none). Inputs are the data's fields, the output "loss" is a number, and both programs share `states`. Watchers look
/// on where there are any.
struct TrainingSteps {
  Program& full;
  Program* rest;
  States& states;
  NanWatcher* full_watcher = nullptr;
  NanWatcher* rest_watcher = nullptr;
};

struct TrainingPlan {
  std::string title;   // for progress and errors: "run mlp"
  const Graph& model;  // its states are the model's own
  const Dataset& data;
  std::size_t batch;
  int epochs;
  std::uint64_t seed = 0;                      // of the order of the examples
  std::string save{};                          // file for the training so far; empty: none
  int log = 2;                                 // descriptor that progress goes to; -1: nowhere
  std::size_t most = ~std::size_t{0};          // batches at which to stop, wherever that is; for tests
  std::function<std::string()> after_epoch{};  // what it answers is printed behind an epoch's loss; may be empty
};

/// Goes on from `state` until the plan's epochs are over, and keeps `state` up to date. At the end of every epoch the
/// whole training is in the file `save`. Bits depend on data, seed, batch and the states that it began with: not on
/// threads, nor on how often it was stopped, saved and gone on with.
///
/// Stops where a loss, or at the end of an epoch a state, is nan or infinite: with InputError that names epoch, batch
/// and the first element of the data that is to blame, or, if the data are finite, with CheckError that says so. A
/// watcher stops it earlier (see nan_watcher.hpp). The file keeps the last epoch that was sound. InputError too for a
/// `state` whose losses are not those of its cursor.
void train(const TrainingPlan&, const TrainingSteps&, TrainingState& state);

/// The mean loss over the examples of each epoch that is over.
std::vector<double> epoch_losses(std::span<const float> losses, std::size_t examples, std::size_t batch);

/// "element 3 of 'image' of example 17 is nan": the first number of a batch that is not finite; empty if all are.
std::string not_finite(const Dataset&, const Batch&);

}  // namespace vitrine
