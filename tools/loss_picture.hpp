#pragma once
// How a training went, as a picture: the loss of every batch, each epoch's mean, and the loss on what it never sees.
#include <string>
#include <string_view>
#include <vector>

#include "tools/model_training.hpp"
#include "tools/plot.hpp"

namespace vitrine {

/// The loss on what is held out, behind every epoch. Of a resumed training the last ones are known.
struct HeldOut {
  std::string name;  // "test images"
  std::vector<double> losses{};
};

/// `unit` is what the loss is counted in; `level` a line to be compared with, drawn from end to end if it has a name.
std::string loss_picture(const std::string& model, std::string_view unit, const ModelTraining&, const HeldOut&,
                         Scale = Scale::linear, const HeldOut& level = {});

}  // namespace vitrine
