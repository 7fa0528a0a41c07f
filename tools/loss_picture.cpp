#include "tools/loss_picture.hpp"

namespace vitrine {

std::string loss_picture(const std::string& model, std::string_view unit, const ModelTraining& training,
                         const HeldOut& held_out, Scale scale, const HeldOut& level) {
  Series each{"each batch", "", {}, true}, mean{"mean of an epoch", "", {}, false},
      unseen{held_out.name, "", {}, false};
  const auto per_epoch = static_cast<double>(training.batches_per_epoch());
  for (const float loss : training.losses())
    each.points.push_back({static_cast<double>(each.points.size()) / per_epoch, static_cast<double>(loss)});
  // A mean stands in the middle of its epoch, what is measured at the end of one at the end.
  for (const double loss : training.mean_losses())
    mean.points.push_back({static_cast<double>(mean.points.size()) + 0.5, loss});
  const auto end = static_cast<double>(training.epochs());
  for (std::size_t i = 0; i < held_out.losses.size(); ++i)
    unseen.points.push_back({end - static_cast<double>(held_out.losses.size() - i - 1), held_out.losses[i]});
  std::vector<Series> lines{each, mean, unseen};
  if (!level.name.empty())
    lines.push_back({level.name, "", {{0, level.losses.at(0)}, {end, level.losses.at(0)}}, false});
  return line_plot("Loss of " + model + " while training", "epochs", unit, lines, scale);
}

}  // namespace vitrine
