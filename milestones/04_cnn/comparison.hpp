#pragma once
#include "vitrine/image_classifier.hpp"

namespace vitrine::cnn {

/// Trains the MLP of equal size on the same images for as many epochs, prints both in one table, and holds the
/// convolutional network to being the better one.
void compare_with_mlp(const TrainedClassifier&, const ImageClassifier& mlp);

}  // namespace vitrine::cnn
