#pragma once
// A whole training in one safetensors file, from which it goes on bit for bit as if it had never stopped.
#include "runtime/states.hpp"
#include "tools/data/dataset.hpp"
#include "vitrine/graph.hpp"

namespace vitrine {

/// The option that stands for the compiled step. The others decide it too, so it is told only where they are equal.
inline constexpr std::string_view step_option = "training step";

/// What a training is beside its states.
struct TrainingState {
  /// What decides every bit of it: "seed" -> "1", "epochs" -> "5". A file with others is another training.
  std::map<std::string, std::string> options{};
  Cursor cursor{};              // behind the last batch
  std::vector<float> losses{};  // of every batch so far
};

/// Writes the file, whole or not at all: the states that the forward graph names under their own names, so that
/// load_parameters takes the file too; all others (moments, counters) as "training/NAME"; the losses as
/// "training/losses" f32[batches]; options and cursor as metadata.
void save_training(const std::string& path, const Graph& forward, const States&, const TrainingState&);

/// Reads the file into `states`, which must be there already (programs make them), and hands out the rest. UsageError
/// for options that are not `options`, InputError for another model or other tensors; both list the tensors that
/// differ, and the states are then as before.
TrainingState load_training(const std::string& path, const Graph& forward, States& states,
                            const std::map<std::string, std::string>& options);

/// "element 7 of 'up.weight' is nan" for the first state that holds nan or an infinity, empty if none does.
std::string not_finite(const States&);

}  // namespace vitrine
