#include "tools/image_training.hpp"

#include <fmt/format.h>

#include <chrono>

#include "tools/progress.hpp"

namespace vitrine {

TrainingLog train_on(const ImageSet& set, const PixelScale& scale, BatchProgram& full, BatchProgram* rest, int epochs,
                     std::uint64_t seed, const std::string& title) {
  TrainingLog log;
  Progress progress(title, set.count * static_cast<std::size_t>(epochs));
  const auto start = std::chrono::steady_clock::now();
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const auto order = shuffled(set.count, seed, static_cast<std::uint64_t>(epoch));
    double sum = 0;
    for (std::size_t at = 0; at < set.count;) {
      BatchProgram& batches = at + full.size <= set.count ? full : *rest;
      batches.run(set, scale, std::span(order).subspan(at, batches.size));
      const double loss = static_cast<double>(batches.program.scalar("loss"));
      log.losses.push_back(loss);
      sum += loss * static_cast<double>(batches.size);
      at += batches.size;
      progress.advance(batches.size, fmt::format("epoch {} loss {:.3f}", epoch + 1, loss));
    }
    log.epoch_loss.push_back(sum / static_cast<double>(set.count));
    progress.line(fmt::format("epoch {}: mean loss {:.4f}", epoch + 1, log.epoch_loss.back()));
  }
  log.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return log;
}

}  // namespace vitrine
