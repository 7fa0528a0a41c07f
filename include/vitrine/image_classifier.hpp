#pragma once
// A project in one call: a model from images to classes, trained on Fashion-MNIST or any data in its file format.
#include "vitrine/project.hpp"
#include "vitrine/trace.hpp"

namespace vitrine {

/// A parameter or an input by name, as numbers in row-major order.
using Numbers = std::function<std::span<const float>(const std::string& name)>;

struct ImageClassifier {
  std::string name{}, year = "today", idea = "an image classifier of your own";
  Optimizer optimizer = Adam{.rate = {.rate = 2e-3f}};  // its rate falls to 0 as a cosine over the whole training
  int epochs = 5;
  double accuracy = 0;        // the least share of test images classified right, in percent
  double quick_accuracy = 0;  // the same for --quick: one epoch on a third of the images
  /// The mean loss of one batch computed from the parameters without Vitrine, to hold against the graph's. Optional.
  std::function<double(const Numbers& parameters, std::span<const float> images, std::span<const std::int32_t> labels)>
      loss_by_hand{};
};

/// The project for a forward graph with input "image" f32[batch B, pixels P], input "label", outputs "y" and "loss".
Project image_classifier(ImageClassifier, std::function<Graph()> forward);

/// The project for a model: operator() takes a Tensor<batch, pixels> and gives a Tensor<batch, classes>.
template <class M> Project image_classifier(ImageClassifier setup) {
  const std::string name = setup.name;
  return image_classifier(std::move(setup), [name] { return trace_classifier<M>(name, "image"); });
}

}  // namespace vitrine
