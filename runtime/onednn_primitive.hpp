#pragma once
// One operation of oneDNN on tensors of fixed sizes. Nothing of dnnl.h is seen here, so that all else compiles without.
#include <memory>
#include <optional>

#include "runtime/contraction.hpp"
#include "runtime/convolution.hpp"

namespace vitrine {

/// Made once, which takes oneDNN up to a millisecond, and then run as often as wanted.
class OnednnPrimitive {
 public:
  /// C[M, N] = A[M, K] B[K, N], all dense and row-major, or B column-major. Nothing if oneDNN is missing, a size is 0,
  /// or its loops of choice are the reference's, which are slow, or those of its sgemm, whose first run in a process
  /// takes 50 ms. `workers` threads may run it at once.
  static std::optional<OnednnPrimitive> product(GemmSize, bool b_turned, std::size_t workers);
  /// One of the three convolutions of so many images, by direct sums and never in Winograd's form, whose rounding is
  /// another. The weight (or its gradient) has a layout of oneDNN's own.
  static std::optional<OnednnPrimitive> convolution(Contraction::Form, const ConvolutionSize&, std::size_t images,
                                                    std::size_t workers);
  OnednnPrimitive(OnednnPrimitive&&) noexcept;
  OnednnPrimitive& operator=(OnednnPrimitive&&) noexcept;
  ~OnednnPrimitive();

  /// Floats that a run needs for itself.
  std::size_t scratch() const;
  /// Floats of a convolution's weight in oneDNN's layout.
  std::size_t packed_floats() const;
  /// Brings the weight into that layout, for every run to come. Not while one runs.
  void pack(const float* weight, float* packed) const;
  /// Operands and result in the order of the graph's op; a packed weight is null. A weight's gradient is made packed.
  /// No two runs at once for one worker.
  void run(std::size_t worker, const float* a, const float* b, float* result, float* scratch) const;
  /// The gradient that this worker's last run made, as the graph has it.
  void unpack(std::size_t worker, float* weight) const;

 private:
  struct Inside;
  explicit OnednnPrimitive(std::unique_ptr<Inside>);
  std::unique_ptr<Inside> inside_;
};

}  // namespace vitrine
