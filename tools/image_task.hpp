#pragma once
#include "tools/data/image_files.hpp"
#include "tools/data/images.hpp"
#include "tools/model_training.hpp"
#include "vitrine/image_classifier.hpp"

namespace vitrine {

/// What a run is about: the images, and the model and thresholds that are meant for them.
struct ImageTask {
  /// Reads the images that `options` ask for and picks the setup for them: `first` or one of its `elsewhere`.
  /// InputError for images that are missing, broken, or do not fit the model.
  ImageTask(const ImageClassifier& first, const RunOptions& options);
  // The examples read the images where they are.
  ImageTask(const ImageTask&) = delete;
  ImageTask& operator=(const ImageTask&) = delete;

  const ImageClassifier& setup;
  std::string name;     // of the project
  std::string folder;   // of the images
  Graph forward;        // as traced
  std::size_t classes;  // of the model
  ImageFiles files;     // with --quick a part of them, with --without labels in disorder
  Type input;           // of the model
  Axis batch;
  ChannelScale scale;
  ImageExamples train, test;
  bool debug_nans;  // whoever runs a program of this task stops at a NaN

  /// The training of this task. It refers to this object.
  TrainingTask training(const RunOptions&) const;

 private:
  struct Chosen;
  static Chosen choose(const ImageClassifier& first, const RunOptions&);
  ImageTask(const ImageClassifier& first, const RunOptions&, Chosen);
};

}  // namespace vitrine
