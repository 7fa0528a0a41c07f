// Attention to a cache.
#include "runtime/aligned_bytes.hpp"
#include "runtime/attention_at.hpp"
#include "runtime/steps/attention_step.hpp"
#include "runtime/steps/head_step.hpp"
#include "vitrine/ops/attention_at.hpp"

namespace vitrine {

namespace {

class AttentionAtStep : public HeadStep {
 public:
  AttentionAtStep(const Step& step, const Machine& machine)
      : HeadStep(step, machine),
        op_(*as<AttentionAt>(&*step.head)),
        work_{.sizes = {step.operands[0].type.shape, step.operands[2].type.shape},
              .looks = op_.looks(),
              .scale = op_.scale,
              .sequences = step.operands[3].type.shape.elements(),
              .ring = op_.ring},
        scratch_(static_cast<std::size_t>(machine.pool.threads()) * attention_scratch(work_.sizes)) {}

 private:
  void place_head(const Memory& memory, float* result) override {
    work_.query = head_rows(memory, step_.operands[0]);
    work_.key = head_rows(memory, step_.operands[1]);
    work_.value = head_rows(memory, step_.operands[2]);
    work_.position = reinterpret_cast<const std::int32_t*>(memory.at(step_.operands[3]));
    out_ = result;
  }
  void run_head() override {
    for (std::size_t b = 0; b < work_.sequences; ++b) position_of(AttentionAt::doc.name, work_.position, b);
    attention_at(machine_.pool, machine_.isa, work_, out_, {scratch_.data(), scratch_.size()});
  }

  const AttentionAt& op_;
  AttentionWork work_;
  float* out_ = nullptr;
  AlignedBytes scratch_;  // of each thread
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_attention_at(const Step& step, const Machine& machine) {
  return std::make_unique<AttentionAtStep>(step, machine);
}

}  // namespace vitrine
