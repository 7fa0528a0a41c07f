// Rotary positions. Cosines and sines are those of the definition; they are made once and again only where a position
// changes, which in a training they never do.
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
        time_(step.head_type.shape[-2].size),
        sequences_(step.operands[1].type.shape.rank() == 2 ? step.head_type.shape[0].size : 1) {
    for (std::size_t i = 0; i < each_ / 2; ++i) rates_.push_back(rotary_rate(i, each_, op_.base));
  }

 private:
  void place_head(const Memory& memory, float* result) override {
    x_ = memory.floats(step_.operands[0]), y_ = result;
    position_ = reinterpret_cast<const std::int32_t*>(memory.at(step_.operands[1]));
  }
  void run_head() override {
    if (step_.head_type.shape.elements() == 0) return;
    turn_to();
    const std::size_t heads = step_.head_type.shape.elements() / (time_ * each_);
    const std::size_t together = chunk_floats / (time_ * each_) + 1, of_sequence = heads / sequences_;
    machine_.pool.run((heads + together - 1) / together, [&](std::size_t chunk, std::size_t) {
      for (std::size_t head = chunk * together; head < std::min(heads, (chunk + 1) * together); ++head)
        turn(head, head / of_sequence);
    });
  }

  /// Factors of each number of a row: y[i] = x[i] * same[i] + x[partner of i] * other[i].
  void turn_to() {
    const std::size_t rows = sequences_ * time_;
    const bool fresh = known_.empty();
    known_.resize(rows), same_.resize(rows * each_), other_.resize(rows * each_);
    for (std::size_t row = 0; row < rows; ++row) {
      if (!fresh && known_[row] == position_[row]) continue;
      known_[row] = position_[row];
      for (std::size_t i = 0; i < each_ / 2; ++i) {
        const Turn turn = rotary_turn(position_[row], rates_[i]);
        const auto c = static_cast<float>(turn.cosine), s = static_cast<float>(op_.backwards ? -turn.sine : turn.sine);
        const std::size_t a = row * each_ + (op_.halves ? i : 2 * i), b = a + (op_.halves ? each_ / 2 : 1);
        same_[a] = same_[b] = c;
        other_[a] = -s, other_[b] = s;
      }
    }
  }

  void turn(std::size_t head, std::size_t sequence) const {
    const Slot& slot = step_.operands[0];
    const auto rank = static_cast<std::size_t>(slot.type.shape.rank());
    const float* from = x_;
    for (std::size_t i = rank - 2, at = head; i-- > 0; at /= slot.type.shape[static_cast<int>(i)].size)
      from += static_cast<std::ptrdiff_t>(at % slot.type.shape[static_cast<int>(i)].size) * slot.strides[i];
    float* to = y_ + head * time_ * each_;
    const float* same = same_.data() + sequence * time_ * each_;
    const float* other = other_.data() + sequence * time_ * each_;
    for (std::size_t row = 0; row < time_; ++row) {
      op_.halves ? turn_halves(from, same, other, to) : turn_neighbours(from, same, other, to);
      from += slot.strides[rank - 2];
      to += each_, same += each_, other += each_;
    }
  }

  // Four numbers at a time, by hand: g++ 12 sees no vectors in pairs.
  using Four [[gnu::vector_size(16)]] = float;
  static Four four(const float* x) {
    Four made;
    std::memcpy(&made, x, sizeof made);
    return made;
  }
  static void put(Four x, float* to) { std::memcpy(to, &x, sizeof x); }

  void turn_halves(const float* from, const float* same, const float* other, float* to) const {
    const std::size_t half = each_ / 2;
    std::size_t i = 0;
    for (; i + 4 <= half; i += 4) {
      const Four low = four(from + i), high = four(from + half + i);
      put(low * four(same + i) + high * four(other + i), to + i);
      put(low * four(other + half + i) + high * four(same + half + i), to + half + i);
    }
    for (; i < half; ++i) {
      const float low = from[i], high = from[half + i];
      to[i] = low * same[i] + high * other[i];
      to[half + i] = low * other[half + i] + high * same[half + i];
    }
  }
  void turn_neighbours(const float* from, const float* same, const float* other, float* to) const {
    std::size_t i = 0;
    for (; i + 4 <= each_; i += 4) {
      const Four x = four(from + i);
      put(x * four(same + i) + __builtin_shufflevector(x, x, 1, 0, 3, 2) * four(other + i), to + i);
    }
    for (; i < each_; i += 2) {
      to[i] = from[i] * same[i] + from[i + 1] * other[i];
      to[i + 1] = from[i + 1] * same[i + 1] + from[i] * other[i + 1];
    }
  }

  static constexpr std::size_t chunk_floats = 16384;  // that are handed to a thread: some 5 us
  const Rotary& op_;
  std::size_t each_, time_, sequences_;
  const float* x_ = nullptr;
  const std::int32_t* position_ = nullptr;
  float* y_ = nullptr;
  std::vector<double> rates_{};        // of each pair
  std::vector<std::int32_t> known_{};  // the positions that the factors are for
  std::vector<float> same_{}, other_{};
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_rotary(const Step& step, const Machine& machine) {
  return std::make_unique<RotaryStep>(step, machine);
}

}  // namespace vitrine
