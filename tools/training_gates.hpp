#pragma once
#include "tools/gates.hpp"
#include "tools/model_training.hpp"

namespace vitrine {

/// What a trained model must show beside its score: the loss fell (below `guessing`, that of a model that knows
/// nothing, if there was one epoch only), and each parameter has a gradient and moved.
void check_training(const ModelTraining&, double guessing, bool quick, Gates&);

/// A loss against the same computed in another way: equal to four digits.
void check_same_loss(const std::string& name, double got, double want, Gates&);

}  // namespace vitrine
