// Rotary positions. Cosines and sines are those of the definition; they are made once and again only when positions
// change, which in a training they never do.
#include <algorithm>
#include <cstring>

#include "runtime/steps/head_step.hpp"
#include "vitrine/ops/rotary.hpp"

namespace vitrine {

namespace {

class RotaryStep : public HeadStep {
 public:
  RotaryStep(const Step& step, const Machine& machine)
      : HeadStep(step, machine),
        op_(*as<Rotary>(&*step.head)),
        each_(step.head_type.shape[-1].size),
        time_(step.head_type.shape[-2].size) {}

 private:
  void place_head(const Memory& memory, float* result) override {
    x_ = memory.floats(step_.operands[0]), y_ = result;
    position_ = reinterpret_cast<const std::int32_t*>(memory.at(step_.operands[1]));
  }
  void run_head() override {
    if (step_.head_type.shape.elements() == 0) return;
    if (!std::equal(known_.begin(), known_.end(), position_, position_ + time_)) turn_to();
    const std::size_t heads = step_.head_type.shape.elements() / (time_ * each_);
    machine_.pool.run(heads, [&](std::size_t head, std::size_t) { turn(head); });
  }

  /// Factors of each number of a row: y[i] = x[i] * same[i] + x[partner of i] * other[i].
  void turn_to() {
    known_.assign(position_, position_ + time_);
    same_.resize(time_ * each_), other_.resize(time_ * each_);
    for (std::size_t row = 0; row < time_; ++row)
      for (std::size_t i = 0; i < each_ / 2; ++i) {
        const Turn turn = rotary_turn(position_[row], i, each_, op_.base);
        const auto c = static_cast<float>(turn.cosine), s = static_cast<float>(op_.backwards ? -turn.sine : turn.sine);
        const std::size_t a = row * each_ + (op_.halves ? i : 2 * i), b = a + (op_.halves ? each_ / 2 : 1);
        same_[a] = same_[b] = c;
        other_[a] = -s, other_[b] = s;
      }
  }

  void turn(std::size_t head) const {
    const Slot& slot = step_.operands[0];
    const auto rank = static_cast<std::size_t>(slot.type.shape.rank());
    const float* from = x_;
    for (std::size_t i = rank - 2, at = head; i-- > 0; at /= slot.type.shape[static_cast<int>(i)].size)
      from += static_cast<std::ptrdiff_t>(at % slot.type.shape[static_cast<int>(i)].size) * slot.strides[i];
    float* to = y_ + head * time_ * each_;
    const float *same = same_.data(), *other = other_.data();
    const std::size_t half = each_ / 2;
    for (std::size_t row = 0; row < time_; ++row) {
      if (op_.halves) {
        for (std::size_t i = 0; i < half; ++i) to[i] = from[i] * same[i] + from[half + i] * other[i];
        for (std::size_t i = half; i < each_; ++i) to[i] = from[i - half] * other[i] + from[i] * same[i];
      } else {
        for (std::size_t i = 0; i < each_; i += 2) {
          to[i] = from[i] * same[i] + from[i + 1] * other[i];
          to[i + 1] = from[i] * other[i + 1] + from[i + 1] * same[i + 1];
        }
      }
      from += slot.strides[rank - 2];
      to += each_, same += each_, other += each_;
    }
  }

  const Rotary& op_;
  std::size_t each_, time_;
  const float* x_ = nullptr;
  const std::int32_t* position_ = nullptr;
  float* y_ = nullptr;
  std::vector<std::int32_t> known_{};  // the positions that the factors are for
  std::vector<float> same_{}, other_{};
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_rotary(const Step& step, const Machine& machine) {
  return std::make_unique<RotaryStep>(step, machine);
}

}  // namespace vitrine
