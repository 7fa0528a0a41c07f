#pragma once
// A classifier of images held against itself in f32, on the test images.
#include <functional>

#include "tools/data/batches.hpp"
#include "tools/image_task.hpp"
#include "tools/quantize/quality.hpp"

namespace vitrine {

class ImageComparison {
 public:
  /// All must outlive this object.
  ImageComparison(const ImageTask&, const Graph& forward, States&, Pool&);

  Quality measure(const Graph& after, States&, const std::function<void(std::size_t images)>& each);
  /// KL on the first images only, in nats an image.
  double glance(const Graph& after, States&);
  /// Images in a second, over the test images.
  double speed(const Graph&, States&);

  std::size_t glanced() const;

 private:
  Quality over(std::size_t most, const Graph& after, States&, const std::function<void(std::size_t)>& each);
  /// Runs the model in use over the first images; `use` gets its scores for those from `first` on.
  void run(const Graph&, States&, std::size_t most,
           const std::function<void(std::size_t first, const Batch&, const float* scores)>& use);

  const ImageTask& task_;
  Pool& pool_;
  std::size_t count_, together_;
  ScoreComparison comparison_;
  std::vector<float> before_{};  // scores of all
};

}  // namespace vitrine
