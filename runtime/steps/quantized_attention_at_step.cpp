// Attention to a cache in eight bits. The rows that are there become floats in a workspace, which all layers share, and
// are attended to there: for a token that is little beside its weights, and the bits are attention_at's.
#include "runtime/steps/quantized_attention_at_step.hpp"

#include <algorithm>

#include "runtime/aligned_bytes.hpp"
#include "runtime/attention_at.hpp"
#include "runtime/steps/attention_step.hpp"
#include "runtime/steps/head_step.hpp"
#include "vitrine/bfloat16.hpp"
#include "vitrine/ops/quantized_attention_at.hpp"

namespace vitrine {

namespace {

std::size_t round_to_line(std::size_t bytes) { return (bytes + 63) / 64 * 64; }
std::size_t bytes_as_floats(const Slot& codes) { return round_to_line(codes.type.shape.elements() * sizeof(float)); }

/// A slot's shape as floats that lie densely.
Slot dense_floats(const Slot& codes) {
  Slot made = codes;
  made.type.dtype = DType::f32;
  made.strides = dense_strides(codes.type.shape);
  return made;
}

class QuantizedAttentionAtStep : public HeadStep {
 public:
  QuantizedAttentionAtStep(const Step& step, const Machine& machine)
      : HeadStep(step, machine),
        op_(*as<QuantizedAttentionAt>(&*step.head)),
        work_{.sizes = {step.operands[0].type.shape, step.operands[3].type.shape},
              .looks = op_.whole().looks(),
              .scale = op_.scale,
              .sequences = step.operands[5].type.shape.elements(),
              .ring = op_.ring},
        scratch_(static_cast<std::size_t>(machine.pool.threads()) * attention_scratch(work_.sizes)) {}

 private:
  void place_head(const Memory& memory, float* result) override {
    std::byte* const floats = memory.at(*step_.workspace) + round_to_line(head_workspace(step_));
    work_.query = head_rows(memory, step_.operands[0]);
    keys_ = decoded(memory, step_.operands[1], step_.operands[2], floats, work_.key);
    values_ =
        decoded(memory, step_.operands[3], step_.operands[4], floats + bytes_as_floats(step_.operands[1]), work_.value);
    work_.position = reinterpret_cast<const std::int32_t*>(memory.at(step_.operands[5]));
    out_ = result;
  }
  void run_head() override {
    for (std::size_t b = 0; b < work_.sequences; ++b) position_of(doc().name, work_.position, b);
    const AttentionSizes& n = work_.sizes;
    // A head of a sequence to a chunk, or some, so that a chunk is worth handing out.
    const std::size_t heads = n.batch * n.groups, of_head = n.keys * (n.each + n.wide);
    const std::size_t together = 1 + 32768 / (1 + of_head);
    machine_.pool.run((heads + together - 1) / together, [&](std::size_t chunk, std::size_t) {
      for (std::size_t head = chunk * together; head < std::min(heads, (chunk + 1) * together); ++head) {
        const std::size_t place = work_.place_of_first(head / n.groups), rows = std::min(n.keys, place + n.time);
        keys_.decode(head * n.keys, rows);
        values_.decode(head * n.keys, rows);
      }
    });
    attention_at(machine_.pool, machine_.isa, work_, out_, {scratch_.data(), scratch_.size()});
  }

  /// Rows of codes, and where they become floats.
  struct Rows {
    const std::int8_t* codes = nullptr;
    const std::uint16_t* scales = nullptr;
    float* floats = nullptr;
    std::size_t each = 0;

    void decode(std::size_t first, std::size_t count) const {
      for (std::size_t row = first; row < first + count; ++row) {
        const float scale = from_bfloat16(scales[row]);
        const std::int8_t* const from = codes + row * each;
        float* const to = floats + row * each;
        for (std::size_t i = 0; i < each; ++i) to[i] = scale * static_cast<float>(from[i]);
      }
    }
  };
  static const Doc& doc() { return QuantizedAttentionAt::doc; }
  static Rows decoded(const Memory& memory, const Slot& codes, const Slot& scales, std::byte* floats, HeadRows& read) {
    read = head_rows(memory, dense_floats(codes));
    read.data = reinterpret_cast<const float*>(floats);
    return {reinterpret_cast<const std::int8_t*>(memory.at(codes)),
            reinterpret_cast<const std::uint16_t*>(memory.at(scales)), reinterpret_cast<float*>(floats),
            codes.type.shape[-1].size};
  }

  const QuantizedAttentionAt& op_;
  AttentionWork work_;
  Rows keys_{}, values_{};
  float* out_ = nullptr;
  AlignedBytes scratch_;  // of each thread
};

}  // namespace

std::size_t quantized_attention_at_workspace(const Step& step) {
  return round_to_line(head_workspace(step)) + bytes_as_floats(step.operands[1]) + bytes_as_floats(step.operands[3]) +
         64;
}

std::unique_ptr<PreparedStep> prepare_quantized_attention_at(const Step& step, const Machine& machine) {
  return std::make_unique<QuantizedAttentionAtStep>(step, machine);
}

}  // namespace vitrine
