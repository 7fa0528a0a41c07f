// New rows of a cache in eight bits: codes, or their scales.
#include "runtime/steps/head_step.hpp"
#include "vitrine/ops/quantize_rows.hpp"

namespace vitrine {

namespace {

class QuantizeRowsStep : public HeadStep {
 public:
  QuantizeRowsStep(const Step& step, const Machine& machine)
      : HeadStep(step, machine), codes_(as<QuantizeRows>(&*step.head) != nullptr) {
    const Shape& shape = step.operands[0].type.shape;
    each_ = shape[-1].size, rows_ = each_ == 0 ? 0 : shape.elements() / each_;
  }

 private:
  void place_head(const Memory& memory, float* result) override {
    from_ = memory.floats(step_.operands[0]), to_ = reinterpret_cast<std::byte*>(result);
  }
  void run_head() override {
    const std::size_t together = 1 + 8192 / (1 + each_);
    machine_.pool.run((rows_ + together - 1) / together, [&](std::size_t chunk, std::size_t) {
      const std::size_t first = chunk * together, count = std::min(rows_ - first, together);
      const Type rows{DType::f32, Shape{} << count << each_};
      const std::array in{Buffer<float>{rows, from_ + first * each_}};
      if (codes_)
        QuantizeRows{}.run(Buffers<float>(in), Buffer<float>{{DType::i8, rows.shape}, to_ + first * each_});
      else
        RowScales{}.run(Buffers<float>(in), Buffer<float>{{DType::bf16, rows.shape.with(-1, 1)}, to_ + 2 * first});
    });
  }

  bool codes_;
  std::size_t each_ = 0, rows_ = 0;
  float* from_ = nullptr;
  std::byte* to_ = nullptr;
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_quantize_rows(const Step& step, const Machine& machine) {
  return std::make_unique<QuantizeRowsStep>(step, machine);
}

}  // namespace vitrine
