#pragma once
// A project in one call: a model from images to classes, trained on Fashion-MNIST or any images in the same formats.
#include "vitrine/project.hpp"
#include "vitrine/trace.hpp"

namespace vitrine {

/// A parameter or an input by name, as numbers in row-major order.
using Numbers = std::function<std::span<const float>(const std::string& name)>;

/// A trained classifier, for gates and pictures of a project's own.
struct TrainedClassifier {
  const Graph& forward;                   // what was trained, in training form
  Numbers parameters;                     // their values now
  std::span<const float> images;          // a batch of the first test images, as the model reads them
  std::span<const std::int32_t> labels;   // and what they show
  double accuracy = 0;                    // on all test images, in percent
  double seconds = 0;                     // of training in this run
  const RunOptions& options;              // options.out is the folder for pictures
  const std::vector<std::string>& kinds;  // the classes' names
  /// An output of a graph with the same inputs and parameters, for that batch, in the form that a model has in use. To
  /// look inside of the model, copy `forward`, find(id) a node and name it with output().
  std::function<std::vector<float>(const Graph&, const std::string& output)> evaluate;
  /// A gate beside those that every classifier has: it is printed, and --json gets it.
  std::function<void(const std::string& name, bool holds, const std::string& measured, const std::string& needed)> gate;
};

struct ImageClassifier {
  std::string name{}, year = "today", idea = "an image classifier of your own";
  /// The images that these numbers are meant for: "Fashion-MNIST", "MNIST", "CIFAR-10".
  std::string data = "Fashion-MNIST";
  Optimizer optimizer = Adam{.rate = {.rate = 2e-3f}};  // its rate falls to 0 as a cosine over the whole training
  int epochs = 5;
  double accuracy = 0;             // the least share of test images classified right, in percent
  double quick_accuracy = 0;       // the same for --quick: one epoch on a part of the images
  double quick_fraction = 1. / 3;  // that part: what leaves a run under 10 s
  bool flip = false;               // training images are mirrored, left and right, every other time
  std::size_t pad = 0;             // and shifted by up to so many pixels each way
  /// The mean loss of one batch computed from the parameters without Vitrine, to hold against the graph's. Optional.
  std::function<double(const Numbers& parameters, std::span<const float> images, std::span<const std::int32_t> labels)>
      loss_by_hand{};
  /// Gates and pictures of its own, called in this order once every other gate was checked. Optional.
  std::function<void(const TrainedClassifier&)> check{}, draw{};
  /// Traces the model; image_classifier<M> fills it in for the first. Input "image" f32[batch, pixel], or with rows and
  /// columns, and a channel before or behind them; input "label" i32[batch]; outputs "y" f32[batch, kind] and "loss".
  std::function<Graph()> forward{};
  /// The same for other data: what lies in --data's folder chooses by `data`, and the first where none is meant for it.
  /// Of these, `name`, `year` and `idea` are not read.
  std::vector<ImageClassifier> elsewhere{};
};

/// The project for a classifier with its `forward`; each of `elsewhere` without one uses the first's.
Project image_classifier(ImageClassifier);

/// The project for a model: operator() takes the images and gives a Tensor<batch, classes>.
template <class M> Project image_classifier(ImageClassifier setup) {
  setup.forward = [name = setup.name] { return trace_classifier<M>(name, "image"); };
  return image_classifier(std::move(setup));
}

}  // namespace vitrine
