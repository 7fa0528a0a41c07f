#include "runtime/onednn_convolution.hpp"

#include "runtime/convolution_plan.hpp"

namespace vitrine {

std::optional<OnednnConvolution> OnednnConvolution::make(Contraction::Form form, const ConvolutionSize& size,
                                                         std::size_t workers) {
  const Windows& w = size.windows;
  if (w.batch == 0) return {};
  OnednnConvolution made(form, size);
  if (made.is_weight_gradient()) {
    made.images_ = divide_up(w.batch, weight_gradient_parts(size));
  } else {
    constexpr std::size_t least_work = 500'000;
    const std::size_t image_work = std::max<std::size_t>(1, w.result_rows * w.result_columns * size.weights());
    made.images_ = std::clamp<std::size_t>(divide_up(least_work, image_work), 1, w.batch);
  }
  made.chunks_ = divide_up(w.batch, made.images_);
  made.whole_ = OnednnPrimitive::convolution(form, size, made.images_, workers);
  if (!made.whole_) return {};
  const std::size_t left = w.batch - (made.chunks_ - 1) * made.images_;
  if (left == made.images_) return made;
  made.last_ = OnednnPrimitive::convolution(form, size, left, workers);
  if (!made.last_) return {};
  return made;
}

std::size_t OnednnConvolution::scratch() const {
  return whole_lines(std::max(whole_->scratch(), last_ ? last_->scratch() : 0));
}
std::size_t OnednnConvolution::packed() const {
  return whole_lines(std::max(whole_->packed_floats(), last_ ? last_->packed_floats() : 0));
}
std::size_t OnednnConvolution::sum() const { return whole_lines(size_.weights()); }

std::size_t OnednnConvolution::floats() const {
  if (is_weight_gradient()) return chunks_ * (sum() + packed() + scratch());
  return 2 * packed() + chunks_ * scratch();
}
std::size_t OnednnConvolution::workspace() const { return workspace_bytes(floats()); }

bool OnednnConvolution::run(Pool& pool, const float* a, const float* b, float* result, std::span<std::byte> workspace,
                            GemmEpilogue epilogue) const {
  const Windows& w = size_.windows;
  const std::size_t x_image = w.rows * w.columns * w.channels,
                    y_image = w.result_rows * w.result_columns * size_.result_channels;
  const auto of = [&](std::size_t chunk) -> const OnednnPrimitive& {
    return last_ && chunk + 1 == chunks_ ? *last_ : *whole_;
  };
  float* const floats = aligned_floats(workspace, this->floats(), "a convolution by oneDNN");

  if (is_weight_gradient()) {
    float *const packs = floats + chunks_ * sum(), *const scratches = packs + chunks_ * packed();
    pool.run(chunks_, [&](std::size_t chunk, std::size_t worker) {
      const std::size_t image = chunk * images_;
      of(chunk).run(worker, a + image * x_image, b + image * y_image, packs + chunk * packed(),
                    scratches + chunk * scratch());
      of(chunk).unpack(worker, floats + chunk * sum());
    });
    add_parts(pool, floats, chunks_, sum(), size_.weights(), result);
    return false;
  }

  const bool forward = form_ == Contraction::Form::convolution;
  const std::size_t pixels = forward ? w.result_rows * w.result_columns : w.rows * w.columns,
                    channels = forward ? size_.result_channels : w.channels;
  const auto place = [&](std::size_t image, std::size_t) { return result + image * pixels * channels; };
  const auto done = [&](std::size_t image, std::size_t images, std::size_t) {
    if (epilogue) epilogue(image * pixels, images * pixels, 0, channels);
  };
  run_by_image(pool, a, b, {place, done}, workspace);
  return true;
}

void OnednnConvolution::run_by_image(Pool& pool, const float* a, const float* b, const ByImage& to,
                                     std::span<std::byte> workspace) const {
  const Windows& w = size_.windows;
  const std::size_t from = form_ == Contraction::Form::convolution
                               ? w.rows * w.columns * w.channels
                               : w.result_rows * w.result_columns * size_.result_channels;
  float* const floats = aligned_floats(workspace, this->floats(), "a convolution by oneDNN");
  whole_->pack(b, floats);
  if (last_) last_->pack(b, floats + packed());
  float* const scratches = floats + 2 * packed();
  pool.run(chunks_, [&](std::size_t chunk, std::size_t worker) {
    const std::size_t image = chunk * images_;
    const OnednnPrimitive& primitive = last_ && chunk + 1 == chunks_ ? *last_ : *whole_;
    primitive.run(worker, a + image * from, nullptr, to.place(image, worker), scratches + chunk * scratch());
    to.done(image, std::min(images_, w.batch - image), worker);
  });
}

}  // namespace vitrine
