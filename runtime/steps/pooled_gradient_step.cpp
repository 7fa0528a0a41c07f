// A convolution's and a bias' share of a gradient that came back through a max pool, of the places that have any.
#include "runtime/steps/pooled_gradient_step.hpp"

#include "runtime/steps/chunked_step.hpp"
#include "vitrine/ops/pooled_gradients.hpp"

namespace vitrine {

namespace {

/// The sizes of a head that is one of the two convolutions.
std::optional<PooledConvolution> pooled_convolution_of(const Step& step) {
  const Op* const op = &*step.head;
  const auto shape = [&](std::size_t k) -> const Shape& { return step.operands[k].type.shape; };
  const auto made = [&](const auto& o, const Shape& x, const Shape& w, const Shape& g) {
    const Shape y = convolution_type(op->name(), {DType::f32, x}, {DType::f32, w}, {1, 1}, o.padding, 1).type.shape;
    const Extent kernel{static_cast<std::int64_t>(w[0].size), static_cast<std::int64_t>(w[1].size)};
    return PooledConvolution{windows_of(x, kernel, y, {1, 1}, o.padding), windows_of(y, o.window, g, o.window, {0, 0})};
  };
  if (const auto* o = as<PooledConv2dInputGradient>(op)) return made(*o, o->to, shape(2), shape(0));
  if (const auto* o = as<PooledConv2dWeightGradient>(op)) return made(*o, shape(0), o->to, shape(1));
  return {};
}

std::size_t round_to_line(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

std::size_t threads_of(const Machine& machine) { return static_cast<std::size_t>(machine.pool.threads()); }

const std::uint8_t* places_at(const Memory& memory, const Slot& slot) {
  return reinterpret_cast<const std::uint8_t*>(memory.at(slot));
}

class InputGradientStep : public ChunkedStep {
 public:
  InputGradientStep(const Step& step, const Machine& machine)
      : ChunkedStep(step, machine), gradient_(*pooled_convolution_of(step), machine.isa, threads_of(machine)) {}

 private:
  void place_head(const Memory& memory, float* result) override {
    dy_ = memory.floats(step_.operands[0]), w_ = memory.floats(step_.operands[2]), result_ = result;
    places_ = places_at(memory, step_.operands[1]);
  }
  bool run_head(GemmEpilogue epilogue) override {
    gradient_.run(machine_.pool, dy_, places_, w_, result_, epilogue);
    return true;
  }

  PooledInputGradient gradient_;
  const float *dy_ = nullptr, *w_ = nullptr;
  const std::uint8_t* places_ = nullptr;
  float* result_ = nullptr;
};

class WeightGradientStep : public ChunkedStep {
 public:
  WeightGradientStep(const Step& step, const Machine& machine)
      : ChunkedStep(step, machine), gradient_(*pooled_convolution_of(step), machine.isa, threads_of(machine)) {}

 private:
  void place_head(const Memory& memory, float* result) override {
    x_ = memory.floats(step_.operands[0]), dy_ = memory.floats(step_.operands[1]), result_ = result;
    places_ = places_at(memory, step_.operands[2]);
    const std::size_t used = round_to_line(head_workspace(step_));
    workspace_ = {memory.at(*step_.workspace) + used, step_.choice.workspace - used};
  }
  bool run_head(GemmEpilogue) override {
    gradient_.run(machine_.pool, x_, dy_, places_, result_, workspace_);
    return false;
  }

  PooledWeightGradient gradient_;
  const float *x_ = nullptr, *dy_ = nullptr;
  const std::uint8_t* places_ = nullptr;
  float* result_ = nullptr;
  std::span<std::byte> workspace_{};
};

class SumStep : public ChunkedStep {
 public:
  SumStep(const Step& step, const Machine& machine) : ChunkedStep(step, machine) {
    const PooledSum& op = *as<PooledSum>(&*step.head);
    windows_ = windows_of(op.of, op.window, step.operands[0].type.shape, op.window, {0, 0});
  }

 private:
  void place_head(const Memory& memory, float* result) override {
    dy_ = memory.floats(step_.operands[0]), result_ = result;
    places_ = places_at(memory, step_.operands[1]);
  }
  bool run_head(GemmEpilogue) override {
    pooled_sum(machine_.pool, machine_.isa, windows_, dy_, places_, result_);
    return false;
  }

  Windows windows_{};
  const float* dy_ = nullptr;
  const std::uint8_t* places_ = nullptr;
  float* result_ = nullptr;
};

}  // namespace

std::optional<std::size_t> pooled_gradient_step_workspace(const Step& step, Isa isa) {
  const Op* const op = &*step.head;
  if (as<PooledSum>(op) || as<PooledConv2dInputGradient>(op)) return head_workspace(step);
  if (!as<PooledConv2dWeightGradient>(op)) return {};
  return round_to_line(head_workspace(step)) + PooledWeightGradient::workspace(*pooled_convolution_of(step), isa);
}

double pooled_gradient_multiply_adds(const Step& step) {
  const auto of = pooled_convolution_of(step);
  if (!of) return 0;
  const Windows& c = of->convolution;
  return static_cast<double>(c.batch * of->windows_of_image() * of->channels_out() * c.kernel_rows * c.kernel_columns) *
         static_cast<double>(c.channels);
}

std::unique_ptr<PreparedStep> prepare_pooled_gradient(const Step& step, const Machine& machine) {
  const Op* const op = &*step.head;
  if (as<PooledConv2dInputGradient>(op)) return std::make_unique<InputGradientStep>(step, machine);
  if (as<PooledConv2dWeightGradient>(op)) return std::make_unique<WeightGradientStep>(step, machine);
  return std::make_unique<SumStep>(step, machine);
}

}  // namespace vitrine
