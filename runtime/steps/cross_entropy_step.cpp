#include "runtime/row_kernels.hpp"
#include "runtime/steps/head_step.hpp"
#include "vitrine/ops/cross_entropy.hpp"

namespace vitrine {

namespace {

class CrossEntropyStep : public HeadStep {
 public:
  CrossEntropyStep(const Step& step, const Machine& machine)
      : HeadStep(step, machine),
        rows_(step.head_type.shape.elements()),
        columns_(step.operands[0].type.shape[-1].size) {}

 private:
  void place_head(const Memory& memory, float* result) override {
    logits_ = memory.floats(step_.operands[0]);
    labels_ = reinterpret_cast<const std::int32_t*>(memory.at(step_.operands[1]));
    loss_ = result;
  }
  void run_head() override {
    softmax_cross_entropy(machine_.pool, machine_.isa, rows_, columns_, logits_, labels_, loss_);
  }

  std::size_t rows_, columns_;
  const float* logits_ = nullptr;
  const std::int32_t* labels_ = nullptr;
  float* loss_ = nullptr;
};

class CrossEntropyGradientStep : public HeadStep {
 public:
  CrossEntropyGradientStep(const Step& step, const Machine& machine)
      : HeadStep(step, machine),
        rows_(step.operands[1].type.shape.elements()),
        columns_(step.head_type.shape[-1].size) {}

 private:
  void place_head(const Memory& memory, float* result) override {
    logits_ = memory.floats(step_.operands[0]);
    labels_ = reinterpret_cast<const std::int32_t*>(memory.at(step_.operands[1]));
    g_ = memory.floats(step_.operands[2]);
    gradient_ = result;
  }
  void run_head() override {
    softmax_cross_entropy_gradient(machine_.pool, machine_.isa, rows_, columns_, logits_, labels_, g_, gradient_);
  }

  std::size_t rows_, columns_;
  const float *logits_ = nullptr, *g_ = nullptr;
  const std::int32_t* labels_ = nullptr;
  float* gradient_ = nullptr;
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_cross_entropy(const Step& step, const Machine& machine) {
  if (as<CrossEntropy>(&*step.head)) return std::make_unique<CrossEntropyStep>(step, machine);
  return std::make_unique<CrossEntropyGradientStep>(step, machine);
}

}  // namespace vitrine
