#pragma once
#include "runtime/pool.hpp"
#include "runtime/states.hpp"
#include "tools/image_task.hpp"
#include "tools/sheet.hpp"

namespace vitrine {

/// What a model says about the images that it has not seen.
struct ImageTest {
  double accuracy = 0;              // in percent
  double loss = 0;                  // the mean
  std::vector<Caption> captions{};  // of the first images
};

/// Classifies every test image, by the form of the graph that a model has in use.
ImageTest test_images(const ImageTask&, const Graph& forward, States&, Pool&);
/// The same, and says it.
ImageTest tested(const ImageTask&, const Graph& forward, States&, Pool&);

/// The first test images, in order: a batch, or fewer if there are not so many or `most` is less.
class FirstImages {
 public:
  FirstImages(const ImageTask&, States&, Pool&, std::size_t most = ~std::size_t{0});
  const Batch& batch() const { return batch_; }
  std::span<const float> images() const { return batch_.floats("image"); }
  std::span<const std::int32_t> labels() const { return batch_.integers("label"); }

  /// An output of a graph with the task's inputs, for these images, in the form that a model has in use.
  std::vector<float> evaluate(const Graph& forward, const std::string& output) const;

 private:
  const ImageTask& task_;
  States& states_;
  Pool& pool_;
  Batch batch_;
};

/// The first test images as pictures.
std::vector<Image> pictures(const ImageSet&, std::size_t count);

}  // namespace vitrine
