#pragma once
// Classifiers of images for `quantize`, `run --quantize` and `run --test` of a file in few bits.
#include "tools/image_task.hpp"
#include "tools/quantize/image_comparison.hpp"
#include "tools/quantize/quantize_run.hpp"

namespace vitrine {

class ImageSubject {
 public:
  ImageSubject(const ImageTask&, const Graph& forward, States&, Pool&);
  // The subject's functions point here.
  ImageSubject(const ImageSubject&) = delete;
  ImageSubject& operator=(const ImageSubject&) = delete;
  const Subject& subject() const { return subject_; }

 private:
  ImageComparison comparison_;
  Subject subject_;
};

/// `run --test --load FILE` of a file in few bits: the accuracy, and what its certificate says of it; whether all gates
/// hold. None for a file in f32.
std::optional<bool> test_in_few_bits(const ImageTask&, const RunOptions&);

bool quantize_classifier(const ImageClassifier&, const QuantizeOptions&);

/// The parameters of a classifier as `run` leaves them: out/NAME/NAME.safetensors.
std::string default_parameter_file(const std::string& name);

}  // namespace vitrine
