#include "milestones/04_cnn/comparison.hpp"

#include <fmt/format.h>

#include "compiler/cost.hpp"
#include "compiler/passes.hpp"
#include "tools/image_test.hpp"
#include "tools/model_training.hpp"

namespace vitrine::cnn {

namespace {

/// What a network has and what it costs.
struct Row {
  std::string name;
  std::size_t parameters = 0;
  double products = 0;  // multiply-adds for one image, forward
  double accuracy = 0, seconds = 0;
};

Row row_of(const std::string& name, const Graph& forward) {
  Row row{.name = name};
  for (const std::string& parameter : parameters_of(forward))
    row.parameters += forward.find(parameter).type().shape.elements();
  const std::size_t batch = forward.find("image").type().shape[0].size;
  for (Value v : forward.topological())
    if (v.op() && v.op()->info->multiply_adds) row.products += cost_of(v).operations / 2 / static_cast<double>(batch);
  return row;
}

}  // namespace

void compare_with_mlp(const TrainedClassifier& cnn, const ImageClassifier& mlp) {
  RunOptions options = cnn.options;  // the same images, epochs and seed; nothing saved, nothing left out
  options.save.clear(), options.load.clear(), options.without.clear(), options.json.clear();
  options.resume = options.test = false;
  fmt::print("beside it, {}:\n", mlp.name);
  const ImageTask task(mlp, options);
  ModelTraining training(task.training(options), options);
  training.run();

  std::array rows{row_of("convolutions", cnn.forward), row_of("one hidden layer", training.forward())};
  rows[0].accuracy = cnn.accuracy, rows[0].seconds = cnn.seconds;
  rows[1].accuracy = tested(task, training.forward(), training.states(), training.pool()).accuracy;
  rows[1].seconds = training.seconds();
  fmt::print("  {:<18} {:>10} {:>22} {:>10} {:>10}\n", "", "parameters", "products for an image", "seconds",
             "accuracy");
  for (const Row& row : rows)
    fmt::print("  {:<18} {:>10} {:>22.0f} {:>10.2f} {:>8.2f} %\n", row.name, row.parameters, row.products, row.seconds,
               row.accuracy);
  if (options.quick) return;  // a tenth of the images teaches either network little
  cnn.gate("better than one hidden layer with as many parameters", rows[0].accuracy > rows[1].accuracy,
           fmt::format("{:.2f} %", rows[0].accuracy), fmt::format("above {:.2f} %", rows[1].accuracy));
}

}  // namespace vitrine::cnn
