#pragma once
#include <string>

#include "tools/batch_program.hpp"

namespace vitrine {

/// How a training went: the loss of every batch, each epoch's mean over its images, and how long it took.
struct TrainingLog {
  std::vector<double> losses{}, epoch_loss{};
  double seconds = 0;
};

/// Runs a training step over all images, `epochs` times, in an order shuffled anew by the seed each time. `full` takes
/// whole batches, `rest` the images that do not fill a last one (null where there are none).
TrainingLog train_on(const ImageSet&, const PixelScale&, BatchProgram& full, BatchProgram* rest, int epochs,
                     std::uint64_t seed, const std::string& title);

}  // namespace vitrine
