// Pooling and its derivatives, with the step's kernel run on each chunk of pixels while it is in cache.
#include "runtime/pooling.hpp"
#include "runtime/steps/chunked_step.hpp"
#include "vitrine/ops/avg_pool2d.hpp"
#include "vitrine/ops/max_pool2d.hpp"

namespace vitrine {

namespace {

/// Which op, and how its windows lie.
struct Pooling {
  enum class Form { largest, place, scatter, mean, spread } form;
  Windows windows;
};

Pooling pooling_of(const Step& step) {
  const Op* const op = &*step.head;
  const Shape &first = step.operands[0].type.shape, &result = step.head_type.shape;
  const auto forward = [&](Pooling::Form form, const auto& o) {
    return Pooling{form, windows_of(first, o.window, result, o.stride, o.padding)};
  };
  const auto backward = [&](Pooling::Form form, const auto& o) {
    return Pooling{form, windows_of(result, o.window, first, o.stride, o.padding)};
  };
  if (const auto* o = as<MaxPool2d>(op)) return forward(Pooling::Form::largest, *o);
  if (const auto* o = as<MaxPool2dPlace>(op)) return forward(Pooling::Form::place, *o);
  if (const auto* o = as<MaxPool2dScatter>(op)) return backward(Pooling::Form::scatter, *o);
  if (const auto* o = as<AvgPool2d>(op)) return forward(Pooling::Form::mean, *o);
  return backward(Pooling::Form::spread, *as<AvgPool2dGradient>(op));
}

class PoolingStep : public ChunkedStep {
 public:
  PoolingStep(const Step& step, const Machine& machine) : ChunkedStep(step, machine), pooling_(pooling_of(step)) {}

 private:
  void place_head(const Memory& memory, float* result) override {
    x_ = memory.floats(step_.operands[0]), y_ = result;
    if (pooling_.form == Pooling::Form::scatter) places_ = bytes(memory, step_.operands[1]);
    if (pooling_.form == Pooling::Form::place) places_ = bytes(memory, step_.results[0]);
    if (!step_.companions.empty()) places_ = bytes(memory, step_.results.back());
  }
  static std::uint8_t* bytes(const Memory& memory, const Slot& slot) {
    return reinterpret_cast<std::uint8_t*>(memory.at(slot));
  }

  bool run_head(GemmEpilogue epilogue) override {
    const auto& [form, windows] = pooling_;
    Pool& pool = machine_.pool;
    switch (form) {
      case Pooling::Form::largest: max_pool(pool, machine_.isa, windows, x_, y_, places_, epilogue); break;
      case Pooling::Form::place: max_pool(pool, machine_.isa, windows, x_, nullptr, places_); break;
      case Pooling::Form::scatter: max_pool_scatter(pool, machine_.isa, windows, x_, places_, y_, epilogue); break;
      case Pooling::Form::mean: avg_pool(pool, machine_.isa, windows, x_, y_, epilogue); break;
      case Pooling::Form::spread: avg_pool_gradient(pool, machine_.isa, windows, x_, y_, epilogue); break;
    }
    return true;
  }

  Pooling pooling_;
  const float* x_ = nullptr;
  float* y_ = nullptr;
  std::uint8_t* places_ = nullptr;
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_pooling(const Step& step, const Machine& machine) {
  return std::make_unique<PoolingStep>(step, machine);
}

}  // namespace vitrine
