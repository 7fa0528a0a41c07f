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
    companions_.clear();
    for (std::size_t k = 0; k < step_.companions.size(); ++k) {
      const Slot& slot = step_.results[step_.own_results() + k];
      companions_.push_back({slot.type, memory.at(slot)});
    }
  }
  /// A companion is what a kernel has on its way; here each is computed by itself.
  void run_head() override {
    const auto run = [&](const Op& op, const Buffer<float>& out) { op.info->run(op.attributes.get(), in_, out); };
    run(*step_.head, out_);
    for (std::size_t k = 0; k < companions_.size(); ++k) run(step_.companions[k], companions_[k]);
  }

  std::vector<Buffer<float>> in_{};
  Buffer<float> out_;
  std::vector<Buffer<float>> companions_{};
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_reference(const Step& step, const Machine& machine) {
  return std::make_unique<ReferenceStep>(step, machine);
}

}  // namespace vitrine
