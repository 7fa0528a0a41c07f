#include "tools/training.hpp"

#include <fmt/format.h>

#include <cmath>

#include "tools/data/batches.hpp"
#include "tools/progress.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

std::size_t batches_in(std::size_t examples, std::size_t batch) { return (examples + batch - 1) / batch; }

/// What stops a training whose numbers have left the finite: where, why, what to do, and what is kept.
template <class Error>
[[noreturn]] void stop(const TrainingPlan& plan, const std::string& where, const std::string& why,
                       std::uint64_t epochs) {
  std::string kept;
  if (!plan.save.empty() && epochs > 0) kept = fmt::format("; {} keeps the training after epoch {}", plan.save, epochs);
  throw Error(fmt::format("{}: {}: {}{}", plan.title, where, why, kept));
}

constexpr const char* advice =
    "lower the rate or clip the gradients, or run it with --debug-nans to see which node makes the first nan";

std::string place_of(const Batch& batch, std::size_t number) {
  return fmt::format("epoch {}, batch {}", batch.before.epoch + 1, number);
}

void check_loss(const TrainingPlan& plan, const Batch& batch, std::size_t number, float loss) {
  if (std::isfinite(loss)) return;
  const std::string blame = not_finite(plan.data, batch), where = place_of(batch, number);
  if (!blame.empty())
    stop<InputError>(plan, where, fmt::format("the loss is {}, because {}; mend the data", loss, blame),
                     batch.before.epoch);
  stop<CheckError>(
      plan, where,
      fmt::format("the loss is {}, though every number of the data is finite: the training diverges; {}", loss, advice),
      batch.before.epoch);
}

/// A loss can be finite while its gradient is not. A state that nothing can go on from must not replace a sound one.
void check_states(const TrainingPlan& plan, const States& states, std::uint64_t epoch) {
  if (const std::string blame = not_finite(states); !blame.empty())
    stop<CheckError>(plan, fmt::format("epoch {}, behind its last batch", epoch),
                     fmt::format("{}, though every loss was finite: the training diverges; {}", blame, advice),
                     epoch - 1);
}

}  // namespace

void train(const TrainingPlan& plan, const TrainingSteps& steps, TrainingState& state) {
  if (plan.data.count() == 0 || plan.batch == 0)
    throw InputError(fmt::format("{}: {} examples in batches of {} teach nothing; give it data", plan.title,
                                 plan.data.count(), plan.batch));
  const std::size_t count = plan.data.count(), per_epoch = batches_in(count, plan.batch);
  const std::size_t losses = state.losses.size(), behind = losses % per_epoch * plan.batch;
  if (state.cursor != Cursor{losses / per_epoch, behind})
    throw InputError(fmt::format(
        "{}: {} batches of {} from {} examples end in epoch {} at {}, and not in epoch {} at {}; the file is "
        "damaged, use another copy",
        plan.title, losses, plan.batch, count, losses / per_epoch, behind, state.cursor.epoch, state.cursor.position));
  const auto epochs = static_cast<std::uint64_t>(plan.epochs);
  if (state.cursor.epoch >= epochs) return;

  Batches batches(plan.data, {.size = plan.batch, .seed = plan.seed}, state.cursor);
  Progress progress(plan.title, count * static_cast<std::size_t>(plan.epochs), plan.log);
  if (state.cursor != Cursor{}) progress.advance(state.cursor.epoch * count + state.cursor.position, "from the file");
  while (state.cursor.epoch < epochs && state.losses.size() < plan.most) {
    const Batch& batch = batches.next();
    if (batch.count() != plan.batch && steps.rest == nullptr)
      throw InternalError("training: no program for a last batch of " + std::to_string(batch.count()));
    const bool full = batch.count() == plan.batch;
    Program& program = full ? steps.full : *steps.rest;
    for (const Field& field : plan.data.fields()) program.bind_input(field.name, batch.data(field.name));
    const std::size_t number = state.losses.size() % per_epoch + 1;
    run_watched(program, full ? steps.full_watcher : steps.rest_watcher,
                [&] { return plan.title + ": " + place_of(batch, number); });
    const float loss = program.scalar("loss");
    check_loss(plan, batch, number, loss);
    state.losses.push_back(loss);
    state.cursor = batch.after;
    progress.advance(batch.count(), fmt::format("epoch {} loss {:.3f}", batch.before.epoch + 1, loss));
    if (state.cursor.position != 0) continue;
    check_states(plan, steps.states, state.cursor.epoch);
    if (!plan.save.empty()) save_training(plan.save, plan.model, steps.states, state);
    // Said once the file has it: who kills the training behind this line loses nothing.
    progress.line(fmt::format("epoch {}: mean loss {:.4f}", state.cursor.epoch,
                              epoch_losses(state.losses, count, plan.batch).back()));
    if (const std::string more = plan.after_epoch ? plan.after_epoch() : ""; !more.empty()) progress.line(more);
  }
}

std::vector<double> epoch_losses(std::span<const float> losses, std::size_t examples, std::size_t batch) {
  std::vector<double> means;
  const std::size_t per_epoch = batches_in(examples, batch);
  for (std::size_t begin = 0; begin + per_epoch <= losses.size(); begin += per_epoch) {
    double sum = 0;
    for (std::size_t i = 0; i < per_epoch; ++i)
      sum += static_cast<double>(losses[begin + i]) * static_cast<double>(std::min(batch, examples - i * batch));
    means.push_back(sum / static_cast<double>(examples));
  }
  return means;
}

std::string not_finite(const Dataset& data, const Batch& batch) {
  for (const Field& field : data.fields()) {
    if (field.dtype != DType::f32) continue;
    const std::span<const float> numbers = batch.floats(field.name);
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (!std::isfinite(numbers[i]))
        return fmt::format("element {} of '{}' of example {} is {}", i % field.numbers, field.name,
                           batch.examples()[i / field.numbers], numbers[i]);
  }
  return "";
}

}  // namespace vitrine
