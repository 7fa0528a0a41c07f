// The recipe behind `run` for a model that tells images apart: data, training, test, gates, pictures.
#include "vitrine/image_classifier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "runtime/write_file.hpp"
#include "tools/data/cifar_file.hpp"
#include "tools/data/idx_file.hpp"
#include "tools/draw_graphs.hpp"
#include "tools/features.hpp"
#include "tools/image_gates.hpp"
#include "tools/loss_picture.hpp"
#include "tools/parameter_file.hpp"
#include "tools/quantize/quantize_images.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

void draw_predictions(const std::filesystem::path& file, const ImageTask& task, const ImageTest& test) {
  write_file(file, sheet("The first test images and what " + task.name + " takes them for",
                         pictures(task.files.test, test.captions.size()), test.captions));
}

void write_numbers(const RunOptions& options, const ImageTask& task, const ModelTraining& training,
                   const ImageTest& test, const std::vector<double>& test_losses, const nlohmann::json& in_few_bits,
                   const Gates& gates) {
  if (options.json.empty()) return;
  const nlohmann::json numbers{{"name", task.name},
                               {"seed", options.seed},
                               {"quick", options.quick},
                               {"data", task.files.name},
                               {"accuracy", test.accuracy},
                               {"train_seconds", training.seconds()},
                               {"epoch_loss", training.mean_losses()},
                               {"epoch_test_loss", test_losses},
                               {"quantized", in_few_bits},
                               {"gates", gates.json()},
                               {"holds", gates.all_hold()}};
  write_text(options.json, numbers.dump(2) + "\n");
}

/// Where the parameters go that `quantize` finds. A model that only was tested, or lacks a part, is none to keep; a
/// quick one does not take the place of the whole.
std::string saved_as(const ImageTask& task, const RunOptions& options) {
  if (options.test || !options.without.empty()) return "";
  return (std::filesystem::path(options.out) / (task.name + (options.quick ? "_quick" : "") + ".safetensors")).string();
}

/// The parts with a parameter that is learned: leaving out a running mean would change nothing that a gate looks at.
std::vector<std::string> learned_parts(const Graph& forward) {
  std::vector<std::string> found;
  const std::vector<std::string> parameters = parameters_of(forward);
  for (const std::string& part : parts_of(forward)) {
    const auto belongs = [&](const std::string& parameter) {
      return parameter == part || parameter.substr(0, parameter.rfind('.')) == part;
    };
    if (std::ranges::any_of(parameters, belongs)) found.push_back(part);
  }
  return found;
}

bool run_classifier(const ImageClassifier& setup, const RunOptions& options) {
  const ImageTask task(setup, options);
  if (options.test)
    if (const auto done = test_in_few_bits(task, options)) return *done;
  ModelTraining* running = nullptr;
  std::vector<double> test_losses;  // behind every epoch
  TrainingTask about = task.training(options);
  about.after_epoch = [&] {
    const ImageTest now = test_images(task, running->forward(), running->states(), running->pool());
    test_losses.push_back(now.loss);
    return fmt::format("  test images: loss {:.4f}, {:.2f} % right", now.loss, now.accuracy);
  };
  ModelTraining training(std::move(about), options);
  running = &training;
  make_folder(options.out);
  if (!options.test) training.run();
  const ImageTest test = tested(task, training.forward(), training.states(), training.pool());

  fmt::print("gates{}:\n", options.quick ? " (quick: lower thresholds)" : "");
  Gates gates;
  const FirstImages first(task, training.states(), training.pool());
  check_accuracy(task, test, options.quick, gates);
  if (!options.test) check_training(training, std::log(static_cast<double>(task.classes)), options.quick, gates);
  check_loss(task, training, first, gates);
  const TrainedClassifier trained{
      .forward = training.forward(),
      .parameters = [&](const std::string& name) { return floats_in(training.states().bytes(name)); },
      .images = first.images(),
      .labels = first.labels(),
      .accuracy = test.accuracy,
      .seconds = training.seconds(),
      .options = options,
      .kinds = task.files.class_names,
      .evaluate = [&](const Graph& graph, const std::string& output) { return first.evaluate(graph, output); },
      .gate = [&](const std::string& name, bool holds, const std::string& measured,
                  const std::string& needed) { gates.check(name, holds, measured, needed); }};
  if (task.setup.check) task.setup.check(trained);
  nlohmann::json in_few_bits;
  if (!options.quantize.empty()) {
    const ImageSubject subject(task, training.forward(), training.states(), training.pool());
    in_few_bits = check_in_few_bits(scheme_named(options.quantize), subject.subject(), gates);
  }

  const std::filesystem::path folder = options.out;
  const std::string drawn = draw_graphs(folder, training.forward(), training.step());
  if (!options.test)
    write_file(folder / "loss.svg", loss_picture(task.name, "cross entropy, in nats", training,
                                                 {"test images", test_losses}, Scale::logarithmic));
  draw_predictions(folder / "predictions.svg", task, test);
  if (task.setup.draw) task.setup.draw(trained);
  write_numbers(options, task, training, test, test_losses, in_few_bits, gates);
  const std::string saved = saved_as(task, options);
  if (!saved.empty()) save_parameters(saved, task.forward, training.states());
  fmt::print("{}\n{}", gates.verdict(), saved.empty() ? "" : "its parameters are in " + saved + "\n");
  fmt::print(
      "look at {}: traced, gradients and compiled ({}), memory.svg, {}predictions.svg; compiled.vit is the\n"
      "step as text, passes.txt what each pass did. Next:\n"
      "  {} show {} --after fold_transposes\n  {} run {} --without {}\n",
      options.out, drawn, options.test ? "" : "loss.svg, ", program_invocation_name, task.name, program_invocation_name,
      task.name, learned_parts(task.forward)[0]);
  return gates.all_hold();
}

/// The graph that a run with these options trains. Of other data the files' names are looked at, and not read: what is
/// wrong with them the run says.
Graph graph_of_run(const ImageClassifier& setup, const RunOptions& options) {
  Graph forward = setup.forward();
  for (const ImageClassifier& other : setup.elsewhere)
    if (other.forward && other.data == "CIFAR-10" && !options.data.empty() && holds_cifar10(options.data))
      forward = other.forward();
  std::vector<std::string> without = options.without;
  const std::vector<std::string> here = parts_of(forward);
  std::erase_if(without, [&](const std::string& part) { return std::ranges::find(here, part) == here.end(); });
  return knock_out(forward, without).forward;
}

/// What the runs of these setups take from the library beside the first one's graph and optimizer.
std::vector<std::string> uses_of(const ImageClassifier& setup) {
  std::vector<std::string> made{"IDX", "shuffling", "prefetch", "saved parameters", "whole trainings"};
  const auto add = [&](bool used, std::string_view feature) {
    if (used && std::ranges::find(made, feature) == made.end()) made.emplace_back(feature);
  };
  const auto of = [&](const ImageClassifier& each) {
    add(each.data == "CIFAR-10", "CIFAR-10");
    add(each.flip || each.pad > 0, "flips and crops");
    // Where there is no schedule yet, ModelTraining makes it a cosine.
    add(std::visit([](const auto& rule) { return rule.rate.drop_every == 0; }, each.optimizer), "cosine");
    if (&each == &setup || !each.forward) return;
    const Graph forward = each.forward();
    for (const Feature& feature : features())
      add(feature.shown && feature.shown(forward, &each.optimizer), feature.name);
  };
  of(setup);
  for (const ImageClassifier& other : setup.elsewhere) of(other);
  return made;
}

}  // namespace

Project image_classifier(ImageClassifier setup) {
  Project made{.name = setup.name, .year = setup.year, .idea = setup.idea};
  made.data = "Fashion-MNIST (Debian package dataset-fashion-mnist), or by --data four IDX files";
  for (const ImageClassifier& other : setup.elsewhere)
    if (other.data == "CIFAR-10") made.data += " or CIFAR-10's binary files";
  made.has_data = [] {
    return std::filesystem::exists(std::filesystem::path(fashion_mnist_folder) / "train-images-idx3-ubyte.gz");
  };
  made.forward = setup.forward;
  made.forward_of_run = [setup](const RunOptions& options) { return graph_of_run(setup, options); };
  made.optimizer = setup.optimizer;
  made.parts = learned_parts(setup.forward());
  made.parts.push_back("labels");
  for (const ImageClassifier& other : setup.elsewhere)
    if (other.forward)
      for (const std::string& part : learned_parts(other.forward()))
        if (std::ranges::find(made.parts, part) == made.parts.end()) made.parts_elsewhere.push_back(part);
  made.resumes = true;
  made.uses = uses_of(setup);
  made.run = [setup](const RunOptions& options) { return run_classifier(setup, options); };
  made.quantize = [setup](const QuantizeOptions& options) { return quantize_classifier(setup, options); };
  return made;
}

}  // namespace vitrine
