#pragma once
#include "vitrine/image_classifier.hpp"

namespace vitrine::cnn {

/// filters.svg, the kernels of the first convolution; maps.svg, what both pools make of some test images.
void draw_filters_and_maps(const TrainedClassifier&);

}  // namespace vitrine::cnn
