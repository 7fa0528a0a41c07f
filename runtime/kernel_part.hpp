#pragma once
// The elementwise part of a step, alone or behind a head.
#include <optional>

#include "runtime/elementwise.hpp"
#include "runtime/kernels.hpp"

namespace vitrine {

/// A slot as the kernel walks it: over the iteration, 0 along axes that repeat.
FloatView view_over(const Shape& iteration, const Slot&);

/// Where a head writes its result when a kernel follows: over one of the step's results, which the kernel then writes
/// in place; or nowhere, and then the target has given it the begin of the workspace. Results in a state are left
/// alone: the kernel may still read the state's old value.
std::optional<std::size_t> home_of_head(const Step&);

/// Bytes of workspace for the head's result.
inline std::size_t head_workspace(const Step& step) {
  return step.kernel && !home_of_head(step) ? step.head_type.bytes() : 0;
}

/// The address for the head's result.
float* head_result(const Step&, const Memory&);

class KernelPart {
 public:
  KernelPart(const Step&, Isa);

  /// `head_result` is dense; null if the step has no head.
  void place(const Memory&, float* head_result = nullptr);
  void run(const Machine& machine) const {
    machine.pool.run(work_->chunks(), [&](std::size_t chunk, std::size_t) { work_->run(chunk); });
  }
  /// Once it has been placed. A step with sinks has none: its kernel makes more than is stored.
  const ElementwiseWork& work() const { return *work_; }

  const ScalarCode& code() const { return code_; }
  std::span<const FloatView> operands() const { return operands_; }
  std::span<const FloatView> results() const { return results_; }

 private:
  const Step& step_;
  ScalarCode code_;
  std::vector<FloatView> operands_, results_;
  std::optional<ElementwiseWork> work_{};
};

}  // namespace vitrine
