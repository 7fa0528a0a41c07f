// A convolution whose images are pooled while they are in cache. Each thread has room for the images it is about; where
// there are few images, or the kernel reads other numbers at every pixel, all are made before they are pooled.
#include <algorithm>

#include "runtime/aligned_bytes.hpp"
#include "runtime/kernel_part.hpp"
#include "runtime/onednn_convolution.hpp"
#include "runtime/pooling.hpp"
#include "runtime/steps/convolution_step.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/avg_pool2d.hpp"
#include "vitrine/ops/max_pool2d.hpp"

namespace vitrine {

namespace {

Windows windows_of_sink(const Step& step) {
  const Op* const op = &step.sinks[0];
  const Shape &images = step.head_type.shape, &pooled = step.sink_result(0).type.shape;
  const auto over = [&](const auto& o) { return windows_of(images, o.window, pooled, o.stride, o.padding); };
  if (const auto* o = as<MaxPool2d>(op)) return over(*o);
  if (const auto* o = as<MaxPool2dPlace>(op)) return over(*o);
  if (const auto* o = as<AvgPool2d>(op)) return over(*o);
  throw InternalError("a plan pools the images of a convolution by " + std::string(op->name()) +
                      ", for which there are no loops");
}

/// What the sinks read is one register, however many they are.
Kernel with_one_result(Kernel kernel) {
  kernel.results = {kernel.results.back()};
  return kernel;
}

class PooledConvolutionStep : public PreparedStep {
 public:
  PooledConvolutionStep(const Step& step, const Machine& machine, Provider provider)
      : step_(step),
        machine_(machine),
        convolution_(*convolution_of(step)),
        over_(windows_of_sink(step)),
        code_(with_one_result(*step.kernel), machine.isa) {
    if (provider == Provider::onednn) {
      onednn_ = OnednnConvolution::make(convolution_.form, convolution_.size,
                                        static_cast<std::size_t>(machine.pool.threads()));
      if (!onednn_) throw onednn_lost("a convolution");
    }
    if (!pools_by_image(step)) return;
    const std::size_t images = onednn_ ? onednn_->images() : 1;
    for (int i = 0; i < machine.pool.threads(); ++i) {
      rooms_.emplace_back(images * image_floats() * sizeof(float));
      alone_.push_back(std::make_unique<Pool>(1));
    }
  }

  void place(const Memory& memory) override {
    x_ = memory.floats(step_.operands[0]), w_ = memory.floats(step_.operands[1]);
    y_ = nullptr, places_ = nullptr;
    for (std::size_t s = 0; s < step_.sinks.size(); ++s) {
      std::byte* const at = memory.at(step_.sink_result(s));
      if (as<MaxPool2dPlace>(&step_.sinks[s]))
        places_ = reinterpret_cast<std::uint8_t*>(at);
      else
        y_ = reinterpret_cast<float*>(at);
    }
    operands_.clear();
    for (std::size_t k = step_.head_operands; k < step_.operands.size(); ++k) {
      operands_.push_back(view_over(step_.iteration, step_.operands[k]));
      operands_.back().data = memory.floats(step_.operands[k]);
    }
    std::byte* const workspace = memory.at(*step_.workspace);
    result_ = reinterpret_cast<float*>(workspace);
    const std::size_t used = rooms_.empty() ? (head_workspace(step_) + 63) / 64 * 64 : 0;
    workspace_ = {workspace + used, step_.choice.workspace - used};
    works_.clear();
    for (AlignedBytes& room : rooms_) works_.push_back(work_in(reinterpret_cast<float*>(room.data())));
  }

  void run() override {
    if (rooms_.empty()) return run_whole();
    const auto place = [&](std::size_t, std::size_t worker) { return reinterpret_cast<float*>(rooms_[worker].data()); };
    const auto done = [&](std::size_t image, std::size_t images, std::size_t worker) {
      works_[worker].run(0, images * pixels(), 0, over_.channels);
      pool(*alone_[worker], images, reinterpret_cast<const float*>(rooms_[worker].data()), image);
    };
    const ByImage to{place, done};
    if (onednn_)
      onednn_->run_by_image(machine_.pool, x_, w_, to, workspace_);
    else
      convolution_by_image(machine_.pool, machine_.isa, convolution_.size, x_, w_, to, workspace_);
  }

 private:
  std::size_t pixels() const { return over_.rows * over_.columns; }
  std::size_t image_floats() const { return pixels() * over_.channels; }

  void run_whole() {
    if (onednn_)
      onednn_->run(machine_.pool, x_, w_, result_, workspace_, {});
    else
      convolution(machine_.pool, machine_.isa, convolution_.size, x_, w_, result_, workspace_);
    FloatView all =
        view_over(step_.iteration, {.type = step_.head_type, .strides = dense_strides(step_.head_type.shape)});
    all.data = result_;
    std::vector<FloatView> operands{all};
    operands.insert(operands.end(), operands_.begin(), operands_.end());
    run_elementwise(machine_.pool, code_, operands, std::span(&all, 1));
    pool(machine_.pool, over_.batch, result_, 0);
  }

  /// `images` images, of which the first is number `image`.
  void pool(Pool& threads, std::size_t images, const float* from, std::size_t image) const {
    Windows over = over_;
    over.batch = images;
    const std::size_t at = image * over.result_rows * over.result_columns * over.channels;
    if (as<AvgPool2d>(&step_.sinks[0])) return avg_pool(threads, machine_.isa, over, from, y_ + at);
    max_pool(threads, machine_.isa, over, from, y_ ? y_ + at : nullptr, places_ ? places_ + at : nullptr);
  }

  /// The kernel over a room, in place: what it reads beside the images is the same for every pixel.
  BlockWork work_in(float* room) const {
    const std::size_t rows = (onednn_ ? onednn_->images() : 1) * pixels();
    const auto channels = static_cast<std::ptrdiff_t>(over_.channels);
    const FloatView images{.data = room, .rank = 2, .sizes = {rows, over_.channels}, .strides = {channels, 1}};
    std::vector<FloatView> operands{images};
    for (const FloatView& view : operands_)
      operands.push_back(
          {.data = view.data, .rank = 2, .sizes = {rows, over_.channels}, .strides = {0, view.strides[3]}});
    return BlockWork(code_, operands, std::span(&images, 1));
  }

  const Step& step_;
  Machine machine_;
  Convolution convolution_;
  Windows over_;
  ScalarCode code_;
  std::optional<OnednnConvolution> onednn_{};
  std::vector<AlignedBytes> rooms_{};           // of each thread; none where all images are stored first
  std::vector<std::unique_ptr<Pool>> alone_{};  // for each thread, to pool by itself
  std::vector<BlockWork> works_{};
  std::vector<FloatView> operands_{};  // of the kernel, but for the images
  const float *x_ = nullptr, *w_ = nullptr;
  float *y_ = nullptr, *result_ = nullptr;
  std::uint8_t* places_ = nullptr;
  std::span<std::byte> workspace_{};
};

}  // namespace

bool pools_by_image(const Step& step) {
  const auto same_for_every_pixel = [&](const Slot& slot) {
    const FloatView view = view_over(step.iteration, slot);
    return view.strides[0] == 0 && view.strides[1] == 0 && view.strides[2] == 0;
  };
  return goes_by_image(convolution_of(step)->size) &&
         std::all_of(step.operands.begin() + static_cast<std::ptrdiff_t>(step.head_operands), step.operands.end(),
                     same_for_every_pixel);
}

std::unique_ptr<PreparedStep> prepare_pooled_convolution(const Step& step, const Machine& machine, Provider provider) {
  return std::make_unique<PooledConvolutionStep>(step, machine, provider);
}

}  // namespace vitrine
