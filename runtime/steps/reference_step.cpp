// An op's own definition, on dense tensors: slow, and right.
#include "runtime/steps/head_step.hpp"

namespace vitrine {

namespace {

class ReferenceStep : public HeadStep {
 public:
  ReferenceStep(const Step& step, const Machine& machine) : HeadStep(step, machine), out_{step.head_type, nullptr} {
    for (std::size_t k = 0; k < step.head_operands; ++k) in_.push_back({step.operands[k].type, nullptr});
  }

 private:
  void place_head(const Memory& memory, float* result) override {
    for (std::size_t k = 0; k < in_.size(); ++k) in_[k].data = memory.at(step_.operands[k]);
    out_.data = result;
  }
  void run_head() override { step_.head->info->run(step_.head->attributes.get(), in_, out_); }

  std::vector<Buffer<float>> in_{};
  Buffer<float> out_;
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_reference(const Step& step, const Machine& machine) {
  return std::make_unique<ReferenceStep>(step, machine);
}

}  // namespace vitrine
