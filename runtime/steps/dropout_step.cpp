#include "runtime/row_kernels.hpp"
#include "runtime/steps/head_step.hpp"
#include "vitrine/ops/dropout.hpp"

namespace vitrine {

namespace {

class DropoutStep : public HeadStep {
 public:
  DropoutStep(const Step& step, const Machine& machine)
      : HeadStep(step, machine), op_(*as<Drop>(&*step.head)), elements_(step.head_type.shape.elements()) {}

 private:
  void place_head(const Memory& memory, float* result) override {
    x_ = memory.floats(step_.operands[0]);
    seed_ = reinterpret_cast<const std::int32_t*>(memory.at(step_.operands[1]));
    number_ = reinterpret_cast<const std::int32_t*>(memory.at(step_.operands[2]));
    y_ = result;
  }
  void run_head() override {
    const DropoutMask mask(seed_, *number_, op_.stream, op_.rate);
    dropout(machine_.pool, machine_.isa, mask, dropout_factor(op_.rate), elements_, x_, y_);
  }

  Drop op_;
  std::size_t elements_;
  const float* x_ = nullptr;
  const std::int32_t *seed_ = nullptr, *number_ = nullptr;
  float* y_ = nullptr;
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_dropout(const Step& step, const Machine& machine) {
  return std::make_unique<DropoutStep>(step, machine);
}

}  // namespace vitrine
