#pragma once
#include "runtime/kernel_part.hpp"

namespace vitrine {

/// A head whose result is complete before a kernel, if there is one, reads it.
class HeadStep : public PreparedStep {
 public:
  HeadStep(const Step& step, const Machine& machine) : step_(step), machine_(machine) {
    if (step.kernel) kernel_.emplace(step, machine.isa);
  }
  void place(const Memory& memory) final {
    place_head(memory, head_result(step_, memory));
    if (kernel_) kernel_->place(memory, head_result(step_, memory));
  }
  void run() final {
    run_head();
    if (kernel_) kernel_->run(machine_);
  }

 protected:
  virtual void place_head(const Memory&, float* result) = 0;
  virtual void run_head() = 0;

  const Step& step_;
  Machine machine_;

 private:
  std::optional<KernelPart> kernel_{};
};

}  // namespace vitrine
