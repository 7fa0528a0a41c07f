// Attention with its logsumexp, and its three derivatives, or any of them alone. Operands are read where they lie:
// heads are cut out of [batch, time, width] by views.
#include "runtime/steps/attention_step.hpp"

#include "runtime/aligned_bytes.hpp"
#include "runtime/attention.hpp"
#include "runtime/steps/head_step.hpp"
#include "vitrine/ops/attention.hpp"

namespace vitrine {

namespace {

/// Which of the five ops it is, and what its attributes say.
struct Form {
  enum class Makes { out, logsumexp, dq, dk, dv } makes;
  Looks looks;
  float scale;
  bool forward() const { return makes == Makes::out || makes == Makes::logsumexp; }
};
std::optional<Form> form_of(const Op& op) {
  const auto of = [](Form::Makes makes, const auto& o) { return Form{makes, o.looks(), o.scale}; };
  if (const auto* o = as<Attention>(&op)) return of(Form::Makes::out, *o);
  if (const auto* o = as<AttentionLogsumexp>(&op)) return of(Form::Makes::logsumexp, *o);
  if (const auto* o = as<AttentionQueryGradient>(&op)) return of(Form::Makes::dq, *o);
  if (const auto* o = as<AttentionKeyGradient>(&op)) return of(Form::Makes::dk, *o);
  if (const auto* o = as<AttentionValueGradient>(&op)) return of(Form::Makes::dv, *o);
  return {};
}

AttentionSizes sizes_of(const Step& step) { return {step.operands[0].type.shape, step.operands[2].type.shape}; }

class AttentionStep : public HeadStep {
 public:
  AttentionStep(const Step& step, const Machine& machine)
      : HeadStep(step, machine),
        form_(*form_of(*step.head)),
        work_{sizes_of(step), form_.looks, form_.scale},
        scratch_(static_cast<std::size_t>(machine.pool.threads()) *
                 (form_.forward() ? attention_scratch(work_.sizes) : attention_gradients_scratch(work_.sizes))) {}

 private:
  void place_head(const Memory& memory, float* result) override {
    work_.query = head_rows(memory, step_.operands[0]);
    work_.key = head_rows(memory, step_.operands[1]);
    work_.value = head_rows(memory, step_.operands[2]);
    results_ = {};
    at(form_) = result;
    for (std::size_t i = 0; i < step_.companions.size(); ++i)
      at(*form_of(step_.companions[i])) = memory.floats(step_.results[step_.own_results() + i]);
    if (form_.forward()) return;
    out_ = head_rows(memory, step_.operands[3]);
    backward_.d_out = head_rows(memory, step_.operands[5]);
    backward_.logsumexp = memory.floats(step_.operands[4]);
    if (step_.workspace)  // there is none for no rows
      mean_ = reinterpret_cast<float*>(memory.at(*step_.workspace) + head_workspace(step_));
    backward_.mean = mean_;
  }
  float*& at(const Form& form) { return results_[static_cast<std::size_t>(form.makes)]; }

  void run_head() override {
    const std::span<std::byte> scratch(scratch_.data(), scratch_.size());
    const auto& [out, logsumexp, dq, dk, dv] = results_;
    if (form_.forward()) return attention(machine_.pool, machine_.isa, work_, out, logsumexp, scratch);
    attention_means(machine_.pool, machine_.isa, work_.sizes, out_, backward_.d_out, mean_);
    attention_gradients(machine_.pool, machine_.isa, work_, backward_, dq, dk, dv, scratch);
  }

  Form form_;
  AttentionWork work_;
  AttentionBackward backward_{};
  HeadRows out_{};
  float* mean_ = nullptr;
  std::array<float*, 5> results_{};  // in the order of Form::Makes; null where they are not wanted
  AlignedBytes scratch_;             // of each thread
};

}  // namespace

HeadRows head_rows(const Memory& memory, const Slot& slot) {
  const auto rank = static_cast<std::size_t>(slot.type.shape.rank());
  HeadRows made{
      .data = memory.floats(slot), .head_stride = slot.strides[rank - 3], .row_stride = slot.strides[rank - 2]};
  for (std::size_t i = 0; i < rank - 3; ++i) {
    const std::size_t to = HeadRows::most_axes - (rank - 3) + i;
    made.batch_sizes[to] = slot.type.shape[static_cast<int>(i)].size;
    made.batch_strides[to] = slot.strides[i];
  }
  return made;
}

std::optional<std::size_t> attention_step_workspace(const Step& step) {
  const auto form = step.head ? form_of(*step.head) : std::nullopt;
  if (!form) return {};
  return head_workspace(step) + (form->forward() ? 0 : sizes_of(step).rows() * sizeof(float));
}

bool attention_wants_dense(const Step& step) {
  for (std::size_t k = 0; k < step.head_operands; ++k) {
    const Slot& slot = step.operands[k];
    const auto last = static_cast<std::size_t>(slot.type.shape.rank() - 1);
    if (slot.type.shape[-1].size > 1 && slot.strides[last] != 1) return true;
    if (k == 4 && !is_dense(slot)) return true;  // the logsumexp
  }
  return false;
}

double attention_multiply_adds(const Step& step) {
  std::vector<Type> in;
  for (std::size_t k = 0; k < step.head_operands; ++k) in.push_back(step.operands[k].type);
  double made = 0;
  const auto add = [&](const Op& op) {
    if (op.info->multiply_adds) made += static_cast<double>(op.info->multiply_adds(op.attributes.get(), in, {}));
  };
  add(*step.head);
  for (const Op& companion : step.companions) add(companion);
  return made;
}

std::unique_ptr<PreparedStep> prepare_attention(const Step& step, const Machine& machine) {
  return std::make_unique<AttentionStep>(step, machine);
}

}  // namespace vitrine
