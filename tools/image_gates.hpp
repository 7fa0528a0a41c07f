#pragma once
#include "tools/gates.hpp"
#include "tools/image_test.hpp"
#include "tools/image_training.hpp"

namespace vitrine {

/// What a trained classifier must show beside its accuracy: the loss fell, each parameter has a gradient and moved.
void check_training(const ImageTask&, const ImageTraining&, const States&, bool quick, Gates&);

/// At least so many test images are right.
void check_accuracy(const ImageTask&, const ImageTest&, bool quick, Gates&);

/// The compiled graph's loss on test images against the project's own arithmetic, for a batch of `first`; or against
/// the reference's in double, which is slow, for a few.
void check_loss(const ImageTask&, ImageTraining&, const FirstImages& first, Gates&);

}  // namespace vitrine
