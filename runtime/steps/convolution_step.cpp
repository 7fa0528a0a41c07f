// Convolution and its derivatives, with the step's kernel run on each chunk of pixels while it is in cache.
#include "runtime/steps/convolution_step.hpp"

#include "runtime/convolution.hpp"
#include "runtime/onednn_convolution.hpp"
#include "runtime/provider.hpp"
#include "runtime/steps/chunked_step.hpp"
#include "vitrine/ops/conv2d.hpp"

namespace vitrine {

namespace {

using Form = Contraction::Form;

ConvolutionSize size_of(const Shape& x, const Shape& w, const Shape& y, Extent stride, Extent padding,
                        std::int64_t groups) {
  const Extent kernel{static_cast<std::int64_t>(w[0].size), static_cast<std::int64_t>(w[1].size)};
  return {windows_of(x, kernel, y, stride, padding), y[3].size, static_cast<std::size_t>(groups)};
}

constexpr std::size_t round_to_line(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

class ConvolutionStep : public ChunkedStep {
 public:
  ConvolutionStep(const Step& step, const Machine& machine, Provider provider)
      : ChunkedStep(step, machine), convolution_(*convolution_of(step)) {
    if (provider == Provider::own) return;
    onednn_ =
        OnednnConvolution::make(convolution_.form, convolution_.size, static_cast<std::size_t>(machine.pool.threads()));
    if (!onednn_) throw onednn_lost("a convolution");
  }

 private:
  void place_head(const Memory& memory, float* result) override {
    a_ = memory.floats(step_.operands[0]), b_ = memory.floats(step_.operands[1]);
    result_ = result;
    const std::size_t used = round_to_line(head_workspace(step_));
    workspace_ = {memory.at(*step_.workspace) + used, step_.choice.workspace - used};
  }

  bool run_head(GemmEpilogue epilogue) override {
    const auto& [form, size] = convolution_;
    if (onednn_) return onednn_->run(machine_.pool, a_, b_, result_, workspace_, epilogue);
    if (form == Form::convolution_weight_gradient) {
      convolution_weight_gradient(machine_.pool, machine_.isa, size, a_, b_, result_, workspace_);
      return false;
    }
    const auto convolve = form == Form::convolution ? convolution : convolution_input_gradient;
    convolve(machine_.pool, machine_.isa, size, a_, b_, result_, workspace_, epilogue);
    return true;
  }

  Convolution convolution_;
  std::optional<OnednnConvolution> onednn_{};
  const float *a_ = nullptr, *b_ = nullptr;
  float* result_ = nullptr;
  std::span<std::byte> workspace_{};
};

/// Bytes for the convolution's result, if none of the step's own has room for it.
std::size_t room_of_result(const Step& step) {
  return round_to_line(!step.sinks.empty() && pools_by_image(step) ? 0 : head_workspace(step));
}

}  // namespace

std::optional<Convolution> convolution_of(const Step& step) {
  const Op* const op = &*step.head;
  const auto shape = [&](std::size_t k) -> const Shape& { return step.operands[k].type.shape; };
  const Shape& result = step.head_type.shape;
  if (const auto* c = as<Conv2d>(op))
    return Convolution{Form::convolution, size_of(shape(0), shape(1), result, c->stride, c->padding, c->groups)};
  if (const auto* c = as<Conv2dInputGradient>(op))
    return Convolution{Form::convolution_input_gradient,
                       size_of(result, shape(1), shape(0), c->stride, c->padding, c->groups)};
  if (const auto* c = as<Conv2dWeightGradient>(op))
    return Convolution{Form::convolution_weight_gradient,
                       size_of(shape(0), result, shape(1), c->stride, c->padding, c->groups)};
  return {};
}

std::optional<std::size_t> convolution_step_workspace(const Step& step, Isa isa) {
  const auto c = convolution_of(step);
  if (!c) return {};
  const std::size_t own = c->form == Form::convolution ? convolution_workspace(isa, c->size)
                          : c->form == Form::convolution_input_gradient
                              ? convolution_input_gradient_workspace(isa, c->size)
                              : convolution_weight_gradient_workspace(isa, c->size);
  return room_of_result(step) + own;
}

std::optional<std::size_t> onednn_convolution_step_workspace(const Step& step) {
  const Convolution found = *convolution_of(step);
  const auto made = OnednnConvolution::make(found.form, found.size, 1);
  if (!made) return {};
  return room_of_result(step) + made->workspace();
}

Contraction convolution_contraction(const Step& step) {
  const Convolution found = *convolution_of(step);
  const ConvolutionSize& size = found.size;
  const Windows& w = size.windows;
  return {found.form,
          {w.batch, w.result_rows * w.result_columns, w.kernel_rows * w.kernel_columns,
           static_cast<std::uint64_t>(w.stride_rows * w.stride_columns), size.channels_in(), size.channels_out(),
           size.groups}};
}

std::unique_ptr<PreparedStep> prepare_convolution(const Step& step, const Machine& machine) {
  if (!step.sinks.empty()) return prepare_pooled_convolution(step, machine, Provider::own);
  return std::make_unique<ConvolutionStep>(step, machine, Provider::own);
}

std::unique_ptr<PreparedStep> prepare_onednn_convolution(const Step& step, const Machine& machine) {
  if (!step.sinks.empty()) return prepare_pooled_convolution(step, machine, Provider::onednn);
  return std::make_unique<ConvolutionStep>(step, machine, Provider::onednn);
}

}  // namespace vitrine
