#include "tools/image_gates.hpp"

#include <fmt/format.h>

#include <cmath>

#include "compiler/passes.hpp"
#include "compiler/specialize.hpp"
#include "tools/reference_checks.hpp"

namespace vitrine {

namespace {

double distance(std::span<const float> now, std::span<const float> begin) {
  std::vector<float> difference(begin.size());
  for (std::size_t i = 0; i < begin.size(); ++i) difference[i] = now[i] - begin[i];
  return norm(difference);
}

/// The forward graph in the form that a model has in use, otherwise as it was traced.
Graph in_use(Graph forward, Axis batch, std::size_t count) {
  batch.size = count;
  Graph made = specialize(forward, std::array{batch});
  optimize(made, passes_named("inference"));
  return made;
}

}  // namespace

void check_accuracy(const ImageTask& task, const ImageTest& test, bool quick, Gates& gates) {
  const double needed = quick ? task.setup.quick_accuracy : task.setup.accuracy;
  gates.check("test accuracy", test.accuracy >= needed, fmt::format("{:.2f} %", test.accuracy),
              fmt::format("at least {:.1f} %", needed));
}

void check_training(const ImageTask& task, const ImageTraining& training, const States& states, bool quick,
                    Gates& gates) {
  const double least = quick ? 0.1 : 1;  // percent that a parameter must move
  const auto means = epoch_losses(training.losses(), task.train.count(), task.batch.size);
  const double first = means.front(), last = means.back(), untrained = std::log(static_cast<double>(task.classes));
  const bool several = means.size() > 1;
  const double bound = several ? first : untrained;
  gates.check("loss falls", last < bound, fmt::format("{:.4f}", last),
              fmt::format("below {:.4f}, {}", bound, several ? "the first epoch's" : "the loss of guessing"));
  for (const auto& [name, begin] : training.begin()) {
    const double moved = begin.empty() ? 0 : distance(floats_in(states.bytes(name)), begin), size = norm(begin);
    gates.check(
        name + " moved", 100 * moved > least * size && moved > 0,
        size > 0 ? fmt::format("{:.1f} % of its start", 100 * moved / size) : fmt::format("by {:.3g} from 0", moved),
        size > 0 ? fmt::format("more than {} %", least) : "more than 0");
    const auto g = training.gradient_norms().find(name);
    const double gradient = g == training.gradient_norms().end() ? 0 : g->second;
    gates.check(name + " has a gradient", gradient > 0 && std::isfinite(gradient),
                fmt::format("norm {:.3g} at the start", gradient), "not 0, finite");
  }
}

void check_loss(const ImageTask& task, ImageTraining& training, const FirstImages& first, Gates& gates) {
  const auto compare = [&](const std::string& name, float loss, double want) {
    const double got = static_cast<double>(loss);
    gates.check(name, std::abs(got - want) <= 1e-4 * std::max(1.0, std::abs(want)), fmt::format("{:.6f}", got),
                fmt::format("{:.6f}", want));
  };
  const States& states = training.states();
  if (task.setup.loss_by_hand) {
    const auto parameters = [&](const std::string& name) { return floats_in(states.bytes(name)); };
    return compare("loss by hand", first.evaluate(training.forward(), "loss").at(0),
                   task.setup.loss_by_hand(parameters, first.images(), first.labels()));
  }
  const FirstImages few(task, training.states(), training.pool(), 8);
  compare("loss by the reference in double", few.evaluate(training.forward(), "loss").at(0),
          reference_loss(in_use(task.forward, task.batch, few.labels().size()), states, {few.images(), few.labels()}));
}

}  // namespace vitrine
