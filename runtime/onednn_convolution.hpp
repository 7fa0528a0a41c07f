#pragma once
// A convolution or one of its derivatives by oneDNN, cut into chunks of images that our pool runs.
#include "runtime/onednn_primitive.hpp"

namespace vitrine {

class OnednnConvolution {
 public:
  /// Nothing where oneDNN has no fast loops. `form` is one of the three convolutions.
  static std::optional<OnednnConvolution> make(Contraction::Form, const ConvolutionSize&, std::size_t workers);

  /// Bytes, for any number of threads.
  std::size_t workspace() const;

  /// Operands and result as the graph's op has them, dense. The chunks depend on the sizes only, and so do the bits.
  /// A weight's gradient is summed part by part of the batch and has no epilogue: false is returned.
  bool run(Pool&, const float* a, const float* b, float* result, std::span<std::byte> workspace, GemmEpilogue) const;
  /// A convolution or its input gradient whose results are wanted image by image, so many at a time.
  void run_by_image(Pool&, const float* a, const float* b, const ByImage& to, std::span<std::byte> workspace) const;
  std::size_t images() const { return images_; }

 private:
  OnednnConvolution(Contraction::Form form, const ConvolutionSize& size) : form_(form), size_(size) {}
  bool is_weight_gradient() const { return form_ == Contraction::Form::convolution_weight_gradient; }
  std::size_t scratch() const;  // floats of a chunk
  std::size_t packed() const;   // floats of a weight in oneDNN's layout, for one primitive or one chunk
  std::size_t sum() const;      // floats of a chunk's weight gradient
  std::size_t floats() const;

  Contraction::Form form_;
  ConvolutionSize size_;
  std::size_t images_ = 1, chunks_ = 1;              // of a chunk; the last may have fewer
  std::optional<OnednnPrimitive> whole_{}, last_{};  // the last if it is smaller
};

}  // namespace vitrine
