#pragma once
#include "tools/image_test.hpp"
#include "tools/training_gates.hpp"

namespace vitrine {

/// At least so many test images are right.
void check_accuracy(const ImageTask&, const ImageTest&, bool quick, Gates&);

/// The compiled graph's loss on test images against the project's own arithmetic, for a batch of `first`; or against
/// the reference's in double, which is slow, for a few.
void check_loss(const ImageTask&, ModelTraining&, const FirstImages& first, Gates&);

}  // namespace vitrine
