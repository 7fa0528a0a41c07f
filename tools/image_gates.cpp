#include "tools/image_gates.hpp"

#include <fmt/format.h>

#include <cmath>

#include "compiler/passes.hpp"
#include "compiler/specialize.hpp"
#include "tools/reference_checks.hpp"

namespace vitrine {

namespace {

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

void check_loss(const ImageTask& task, ModelTraining& training, const FirstImages& first, Gates& gates) {
  const auto compare = [&](const std::string& name, float got, double want) {
    check_same_loss(name, static_cast<double>(got), want, gates);
  };
  const States& states = training.states();
  if (task.setup.loss_by_hand) {
    const auto parameters = [&](const std::string& name) { return floats_in(states.bytes(name)); };
    return compare("loss by hand", first.evaluate(training.forward(), "loss").at(0),
                   task.setup.loss_by_hand(parameters, first.images(), first.labels()));
  }
  const FirstImages few(task, training.states(), training.pool(), 8);
  compare("loss by the reference in double", few.evaluate(training.forward(), "loss").at(0),
          reference_loss(in_use(task.forward, task.batch, few.labels().size()), states, few.batch()));
}

}  // namespace vitrine
